#include "harness/scenario/scenario_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/base/error.h"
#include "harness/scenario/testing/broken_documents.h"
#include "harness/scenario/testing/temporary_folder.h"
#include "harness/scenario/testing/test_vocabulary.h"

namespace castaway::harness {
namespace {

using testing::broken_by;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Mistake;
using ::testing::SizeIs;
using testing::sound_document;
using testing::TemporaryFolder;
using testing::test_vocabulary;

Scenario parse(std::string_view text) {
    return parse_scenario(text, "a.json", test_vocabulary());
}

/// The first error, or "no error".
std::string error_of(std::string_view text) {
    try {
        parse(text);
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

std::string line_of(const Mistake& mistake) {
    return "a.json: " + std::string(mistake.error);
}

TEST(ScenarioJson, ReadsWhatStandsInTheDocument) {
    const Scenario scenario = parse(sound_document());
    EXPECT_EQ(scenario.file, "a.json");
    EXPECT_EQ(scenario.name, "sound");
    EXPECT_EQ(scenario.description, "a bit of everything");
    EXPECT_THAT(scenario.rules, ElementsAre("MTX-08"));
    EXPECT_THAT(scenario.checks, ElementsAre("leaks"));
    EXPECT_THAT(scenario.seen, ElementsAre(SeenSpec{"abandoned", 1, 2}));
    EXPECT_EQ(scenario.run_limit_ms, 5000U);
    EXPECT_EQ(scenario.quiet_ms, 500U);
    EXPECT_THAT(
        scenario.objects,
        ElementsAre(ObjectSpec{"m", ObjectType::mutex, Sharing::name, false, false, 0, 0, true},
                    ObjectSpec{"s", ObjectType::semaphore, Sharing::name, false, false, 2, 5, true},
                    ObjectSpec{"e", ObjectType::event, Sharing::name, false, true, 0, 0, true},
                    ObjectSpec{"t", ObjectType::timer, Sharing::inherit, true, false, 0, 0, true},
                    ObjectSpec{"n", ObjectType::event, Sharing::name, false, false, 0, 0, false}));
}

TEST(ScenarioJson, ReadsProcessesInTheOrderOfTheDocument) {
    const Scenario scenario = parse(sound_document());
    ASSERT_THAT(scenario.processes, SizeIs(2));
    EXPECT_EQ(scenario.processes[0].name, "owner");
    EXPECT_EQ(scenario.processes[0].count, (Range{1, 1}));
    ASSERT_THAT(scenario.processes[0].threads, SizeIs(1));
    EXPECT_EQ(scenario.processes[0].threads[0].name, "main");
    EXPECT_EQ(scenario.processes[1].count, (Range{2, 2}));
    ASSERT_THAT(scenario.processes[1].threads, SizeIs(2));
    EXPECT_EQ(scenario.processes[1].threads[1].name, "second");
}

TEST(ScenarioJson, ReadsSteps) {
    const Scenario scenario = parse(sound_document());
    const std::vector<Item>& owner = scenario.processes[0].threads[0].program.items;
    ASSERT_THAT(owner, SizeIs(9));
    const auto& hold = std::get<Hold>(owner[0]);
    EXPECT_THAT(hold.wait.handles, ElementsAre("m"));
    EXPECT_EQ(hold.wait.timeout_ms, std::nullopt);
    EXPECT_EQ(std::get<Step>(hold.body.items.at(0)).duration_us, (Range{1, 9}));
    EXPECT_EQ(std::get<Step>(owner[1]).point, "held");
    EXPECT_EQ(std::get<Step>(owner[2]).timeout_ms, (Range{7, 7}));
    const auto& release = std::get<Step>(owner[3]);
    EXPECT_EQ(release.operation, OperationKind::release_semaphore);
    EXPECT_EQ(release.count, (Range{2, 2}));
    const auto& all = std::get<Step>(owner[4]);
    EXPECT_EQ(all.operation, OperationKind::wait_all);
    EXPECT_THAT(all.handles, ElementsAre("m", "e", "t"));
    EXPECT_EQ(all.timeout_ms, (Range{1, 2}));
    EXPECT_TRUE(all.alertable);
    EXPECT_EQ(std::get<Step>(owner[5]).operation, OperationKind::pulse_event);
    EXPECT_THAT(std::get<Step>(owner[6]).handles, ElementsAre("m", "s"));
    EXPECT_EQ(std::get<Step>(owner[7]).process, "pair/0");
    EXPECT_EQ(std::get<Step>(owner[7]).thread, "second");
    EXPECT_EQ(std::get<Step>(owner[8]).timeout_ms, (Range{4, 4}));
    EXPECT_FALSE(std::get<Step>(owner[8]).alertable);

    const std::vector<Item>& first = scenario.processes[1].threads[0].program.items;
    EXPECT_EQ(std::get<Step>(first[0]).period_ms, (Range{3, 3}));
    EXPECT_THAT(std::get<Step>(first[1]).handles, ElementsAre("e", "s"));
    EXPECT_EQ(std::get<Repeat>(first[2]).times, (Range{2, 3}));
    EXPECT_EQ(std::get<Step>(first[3]).alias, "twin");
    const std::vector<Item>& second = scenario.processes[1].threads[1].program.items;
    EXPECT_EQ(std::get<Step>(second[4]).kind, StepKind::await_death);
    EXPECT_EQ(std::get<Choose>(second[5]).alternatives.at(0).weight, 2U);
}

TEST(ScenarioJson, ReadsFaults) {
    const std::vector<FaultSpec> faults = parse(sound_document()).faults;
    ASSERT_THAT(faults, SizeIs(4));
    EXPECT_EQ(std::get<Trigger::AtOperation>(faults[0].trigger.when).operation, (Range{2, 2}));
    EXPECT_EQ(std::get<Trigger::WhenBlocked>(faults[1].trigger.when).process, "owner");
    EXPECT_EQ(std::get<Trigger::WhenReached>(faults[1].resume.when).point, "held");
    EXPECT_EQ(faults[2].kind, FaultKind::end_thread);
    EXPECT_EQ(faults[2].thread, "second");
    EXPECT_EQ(std::get<Trigger::AtCrashPoint>(faults[3].trigger.when).ordinal, (Range{3, 3}));
}

TEST(ScenarioJson, AReleaseWithoutACountFitsItsObject) {
    const Scenario scenario = parse(R"({"version": 1, "name": "r", "description": "",
        "objects": {"m": {"type": "mutex"}, "s": {"type": "semaphore", "maximum": 1}},
        "processes": {"p": {"program": [{"release": "m"}, {"release": "s"}]}}})");
    const std::vector<Item>& items = scenario.processes[0].threads[0].program.items;
    EXPECT_EQ(std::get<Step>(items[0]).operation, OperationKind::release_mutex);
    EXPECT_EQ(std::get<Step>(items[1]).operation, OperationKind::release_semaphore);
}

TEST(ScenarioJson, SaysWhereTheFormIsWrongAndHowToMendIt) {
    for (const Mistake& mistake : testing::mistakes_of_form()) {
        EXPECT_EQ(error_of(broken_by(mistake)), line_of(mistake));
    }
    for (const Mistake& mistake : testing::mistakes_beyond_the_schema()) {
        EXPECT_EQ(error_of(broken_by(mistake)), line_of(mistake));
    }
}

TEST(ScenarioJson, SaysWhereTheMeaningIsWrongAndHowToMendIt) {
    for (const Mistake& mistake : testing::mistakes_of_meaning()) {
        EXPECT_EQ(error_of(broken_by(mistake)), line_of(mistake));
    }
}

TEST(ScenarioJson, CountsWhatSurelyHappens) {
    const auto with = [](std::string_view program, std::string_view awaited) {
        return error_of(std::string(R"({"version": 1, "name": "r", "description": "",
            "objects": {"m": {"type": "mutex"}}, "processes": {
                "p": {"count": [2, 5], "program": [)") +
                        std::string(program) + R"(]},
                "q": {"program": [{"await": "x", "count": )" +
                        std::string(awaited) + "}]}}}");
    };
    const std::string only = "a.json: /processes/q/program/0/await: this asks for ";
    EXPECT_EQ(with(R"({"reach": "x"})", "2"), "no error");
    EXPECT_THAT(with(R"({"reach": "x"})", "3"), HasSubstr(only + "3, but a seed may have only 2"));
    EXPECT_EQ(with(R"({"repeat": [3, 9], "do": [{"reach": "x"}]})", "6"), "no error");
    EXPECT_THAT(with(R"({"repeat": [3, 9], "do": [{"reach": "x"}]})", "7"), HasSubstr("only 6"));
    EXPECT_EQ(with(R"({"hold": "m", "do": [{"reach": "x"}]})", "2"), "no error");
    EXPECT_THAT(with(R"({"hold": "m", "timeout_ms": 9, "do": [{"reach": "x"}]})", "1"),
                HasSubstr("only 0"));
    EXPECT_EQ(with(R"({"choose": [{"do": [{"reach": "x"}]},
                                  {"do": [{"reach": "x"}, {"reach": "x"}]}], "times": 4})",
                   "8"),
              "no error");
    EXPECT_THAT(with(R"({"choose": [{"do": [{"reach": "x"}]}, {"do": [{"work_us": 1}]}]})", "1"),
                HasSubstr("only 0"));
}

TEST(ScenarioJson, CountsDeathsOfDifferentProcesses) {
    const auto with = [](std::string_view faults, std::string_view deaths) {
        return error_of(std::string(R"({"version": 1, "name": "r", "description": "",
            "objects": {"m": {"type": "mutex"}}, "processes": {
                "p": {"count": 3, "program": [{"wait": "m"}]},
                "q": {"program": [{"await_death": "p", "count": )") +
                        std::string(deaths) + R"(}]}}, "faults": [)" + std::string(faults) + "]}");
    };
    const std::string any = R"({"kill": "p", "at": {"operation": 1}})";
    const std::string first = R"({"exit": "p/0", "at": {"operation": 1}})";
    EXPECT_EQ(with(any + "," + any, "2"), "no error");
    EXPECT_THAT(with(any + "," + any, "3"), HasSubstr("only 2"));
    EXPECT_EQ(with(first + "," + any, "2"), "no error");
    EXPECT_THAT(with(first + "," + first, "2"), HasSubstr("only 1"));
    EXPECT_THAT(with(any + "," + any + "," + any + "," + any, "4"), HasSubstr("only 3"));
}

TEST(ScenarioErrors, TellsAllMistakesInTheOrderOfTheDocument) {
    const TemporaryFolder folder;
    const std::filesystem::path file = folder.write("a.json", R"({
        "version": 1, "name": "many", "description": 5,
        "objects": {"m": {"type": "mutexes"}},
        "processes": {"p": {"program": [{"wiat": "m"}, {"wait": "m", "timeout": 5}]}},
        "fautls": []
    })");
    const std::string at = file.string() + ": ";
    EXPECT_THAT(
        scenario_errors(file, test_vocabulary()),
        ElementsAre(at + "/description: this is an integer; write a string",
                    at + R"(/objects/m/type: "mutexes" is not known here; did you mean "mutex"?)",
                    at + R"(/processes/p/program/0: unknown step "wiat"; did you mean "wait"?)",
                    at + R"(/processes/p/program/1: unknown key "timeout"; did you mean )" +
                        R"("timeout_ms"?)",
                    at + R"(unknown key "fautls"; did you mean "faults"?)"));
}

TEST(ScenarioErrors, IsEmptyForASoundFile) {
    const TemporaryFolder folder;
    EXPECT_THAT(scenario_errors(folder.write("a.json", sound_document()), test_vocabulary()),
                IsEmpty());
}

TEST(ScenarioErrors, EndsWhereNobodyReadsOn) {
    std::string steps;
    for (int i = 0; i < 1000; ++i) {
        steps += R"({"wiat": "m"},)";
    }
    const TemporaryFolder folder;
    const auto file = folder.write("a.json", R"({"version": 1, "name": "r", "description": "",
        "objects": {"m": {"type": "mutex"}}, "processes": {"p": {"program": [)" +
                                                 steps + R"({"wait": "m"}]}}})");
    const std::vector<std::string> errors = scenario_errors(file, test_vocabulary());
    ASSERT_THAT(errors, SizeIs(101));
    EXPECT_EQ(errors.back(),
              file.string() + ": there are more than 100 mistakes; mend those above first");
}

TEST(ReadScenario, SaysWhyAFileCannotBeRead) {
    const TemporaryFolder folder;
    const auto error = [](const std::filesystem::path& file) {
        const std::vector<std::string> errors = scenario_errors(file, test_vocabulary());
        return errors.size() == 1 ? errors.front() : "not one error";
    };
    const std::string missing = (folder.path() / "none.json").string();
    EXPECT_EQ(error(missing),
              missing + ": cannot be read (No such file or directory); check the path");
    EXPECT_EQ(error(folder.path()), folder.path().string() + ": this is a folder; name a file");
    EXPECT_EQ(error("/dev/zero"), "/dev/zero: this is a device; name a file");
    const auto link = folder.path() / "link.json";
    std::filesystem::create_symlink("nowhere", link);
    EXPECT_THAT(error(link), HasSubstr("cannot be read (No such file or directory)"));
    const auto large = folder.write("large.json", std::string(2'000'000, ' '));
    EXPECT_EQ(error(large),
              large.string() + ": this file has more than 1048576 bytes; name a smaller one");
}

TEST(ReadScenario, SaysWhenAFileMayNotBeRead) {
    const TemporaryFolder folder;
    const auto file = folder.write("secret.json", sound_document());
    ASSERT_EQ(chmod(file.c_str(), 0), 0);
    const std::vector<std::string> errors = scenario_errors(file, test_vocabulary());
    // The superuser may read everything.
    if (access(file.c_str(), R_OK) == 0) {
        EXPECT_THAT(errors, IsEmpty());
    } else {
        EXPECT_THAT(errors, ElementsAre(file.string() +
                                        ": cannot be read (Permission denied); check the path"));
    }
}

std::string find_error(const std::filesystem::path& path) {
    try {
        find_scenarios(path);
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

TEST(FindScenarios, FindsThoseOfAFolderAndOfTheFoldersInIt) {
    const TemporaryFolder folder;
    const auto b = folder.write("b.json", R"({"name": "b"})");
    const auto c = folder.write("a/c.json", R"({"name": "c"})");
    const auto broken = folder.write("a/broken.json", "{");
    folder.write("schema.json", "{}");
    folder.write("README.md", "words");
    EXPECT_THAT(find_scenarios(folder.path()), ElementsAre(broken, c, b));
    EXPECT_THAT(find_scenarios(b), ElementsAre(b));
}

TEST(FindScenarios, SaysWhenThereIsNone) {
    const TemporaryFolder folder;
    folder.write("schema.json", "{}");
    EXPECT_EQ(find_error(folder.path()),
              folder.path().string() +
                  ": this folder has no scenario (*.json); name a folder that has one");
    EXPECT_EQ(find_error("/no/such/place"),
              "/no/such/place: there is no such file or folder; check the path");
}

TEST(FindScenarios, SaysWhenTwoHaveOneName) {
    const TemporaryFolder folder;
    const auto first = folder.write("a.json", R"({"name": "same"})");
    const auto second = folder.write("b.json", R"({"name": "same"})");
    EXPECT_EQ(find_error(folder.path()), second.string() + ": /name: \"same\" is the name of " +
                                             first.string() +
                                             ", too; give one of the two another name");
}

TEST(FindScenarios, TakesALinkThatLeadsNowhereSoThatReadingItTells) {
    const TemporaryFolder folder;
    const auto link = folder.path() / "link.json";
    std::filesystem::create_symlink("nowhere", link);
    EXPECT_THAT(find_scenarios(folder.path()), ElementsAre(link));
}

}  // namespace
}  // namespace castaway::harness
