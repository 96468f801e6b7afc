// The reader and scenarios/schema.json say the same of every document.
//
// Where the reader goes beyond the schema, the test says so: a key given twice, an empty range, a
// program nested too deep, and all matters of meaning.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "harness/scenario/json_reader.h"
#include "harness/scenario/json_text.h"
#include "harness/scenario/scenario_form.h"
#include "harness/scenario/scenario_json.h"
#include "harness/scenario/seen.h"
#include "harness/scenario/testing/broken_documents.h"
#include "harness/scenario/testing/test_vocabulary.h"

namespace castaway::harness {
namespace {

using testing::broken_by;
using ::testing::IsEmpty;
using testing::Mistake;
using testing::shipped_scenarios;
using testing::sound_document;
using testing::test_vocabulary;
using Plain = nlohmann::json;

/// The schema, ready to judge documents.
class SchemaJudge {
  public:
    SchemaJudge() {
        const Plain document = Plain::parse(scenario_schema());
        valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
        parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(document), schema_);
    }

    [[nodiscard]] bool accepts(const Plain& document) const {
        valijson::Validator validator(valijson::Validator::kStrongTypes);
        return validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(document),
                                  nullptr);
    }
    [[nodiscard]] bool accepts_text(std::string_view text) const {
        return accepts(Plain::parse(text));
    }

  private:
    valijson::Schema schema_;
};

const SchemaJudge& schema_judge() {
    static const SchemaJudge kJudge;
    return kJudge;
}

/// What the reader complains of in the form.
std::vector<std::string> form_errors(std::string_view text) {
    const Json document = parse_json(text, "a.json");
    Problems problems;
    read_scenario_form(document, problems);
    std::vector<std::string> lines;
    for (const Problem& problem : problems.all()) {
        lines.push_back(to_line("a.json", problem));
    }
    return lines;
}

std::vector<std::string> shipped_documents() {
    std::vector<std::string> texts;
    for (const std::filesystem::path& file : find_scenarios(shipped_scenarios())) {
        texts.push_back(read_text(file));
    }
    return texts;
}

TEST(Schema, IsWrittenForDraft7) {
    const Plain schema = Plain::parse(scenario_schema());
    EXPECT_EQ(schema.at("$schema"), "http://json-schema.org/draft-07/schema#");
    EXPECT_EQ(scenario_schema(), read_text(shipped_scenarios() / "schema.json"));
}

/// Calls visit(schema) for the schema and every schema in it.
void for_each_schema(const Plain& schema, const std::function<void(const Plain&)>& visit) {
    visit(schema);
    for (const char* const key : {"properties", "definitions"}) {
        if (schema.contains(key)) {
            for (const Plain& each : schema.at(key)) {
                for_each_schema(each, visit);
            }
        }
    }
    for (const char* const key : {"oneOf", "allOf"}) {
        if (schema.contains(key)) {
            for (const Plain& each : schema.at(key)) {
                for_each_schema(each, visit);
            }
        }
    }
    for (const char* const key : {"items", "additionalProperties", "propertyNames"}) {
        if (schema.contains(key) && schema.at(key).is_object()) {
            for_each_schema(schema.at(key), visit);
        }
    }
}

TEST(Schema, UsesOnlyKeywordsThatItsValidatorKnows) {
    // valijson passes over keywords that it does not know, and every document with them.
    const std::set<std::string> known{
        "$schema",       "title",         "description",   "type",
        "required",      "properties",    "definitions",   "additionalProperties",
        "propertyNames", "minProperties", "maxProperties", "items",
        "minItems",      "maxItems",      "uniqueItems",   "minimum",
        "maximum",       "pattern",       "enum",          "const",
        "oneOf",         "allOf",         "$ref",          "examples"};
    for_each_schema(Plain::parse(scenario_schema()), [&known](const Plain& schema) {
        for (const auto& [key, value] : schema.items()) {
            EXPECT_TRUE(known.contains(key)) << key;
        }
    });
}

TEST(Schema, SaysOfEveryObjectWhatKeysItMayHave) {
    int objects = 0;
    for_each_schema(Plain::parse(scenario_schema()), [&objects](const Plain& schema) {
        if (schema.value("type", "") == "object") {
            ++objects;
            ASSERT_TRUE(schema.contains("additionalProperties")) << schema.dump();
            const Plain& others = schema.at("additionalProperties");
            EXPECT_TRUE(others == Plain(false) || others.is_object()) << schema.dump();
        }
    });
    EXPECT_GT(objects, 40);
}

TEST(Schema, KnowsTheKeysOfSeen) {
    const Plain schema = Plain::parse(scenario_schema());
    std::set<std::string> in_schema;
    for (const auto& [key, value] : schema.at("properties").at("seen").at("properties").items()) {
        in_schema.insert(key);
    }
    std::set<std::string> in_reader;
    for (const SeenKey& key : kSeenKeys) {
        in_reader.emplace(key.name);
    }
    EXPECT_EQ(in_schema, in_reader);
}

TEST(SchemaAgreement, BothAcceptWhatIsShipped) {
    const std::vector<std::filesystem::path> files = find_scenarios(shipped_scenarios());
    EXPECT_GE(files.size(), 16U);
    for (const std::filesystem::path& file : files) {
        EXPECT_THAT(scenario_errors(file, test_vocabulary()), IsEmpty());
        EXPECT_TRUE(schema_judge().accepts_text(read_text(file))) << file;
        EXPECT_EQ(read_scenario(file, test_vocabulary()).name, file.stem().string());
    }
}

TEST(SchemaAgreement, BothAcceptASoundDocument) {
    EXPECT_THAT(form_errors(sound_document()), IsEmpty());
    EXPECT_TRUE(schema_judge().accepts_text(sound_document()));
}

TEST(SchemaAgreement, BothRefuseMistakesOfForm) {
    for (const Mistake& mistake : testing::mistakes_of_form()) {
        const std::string text = broken_by(mistake);
        EXPECT_FALSE(schema_judge().accepts_text(text)) << mistake.error;
        EXPECT_FALSE(form_errors(text).empty()) << mistake.error;
    }
}

TEST(SchemaAgreement, TheReaderRefusesMore) {
    for (const Mistake& mistake : testing::mistakes_beyond_the_schema()) {
        const std::string text = broken_by(mistake);
        EXPECT_TRUE(schema_judge().accepts_text(text)) << mistake.error;
        EXPECT_FALSE(form_errors(text).empty()) << mistake.error;
    }
    for (const Mistake& mistake : testing::mistakes_of_meaning()) {
        const std::string text = broken_by(mistake);
        EXPECT_TRUE(schema_judge().accepts_text(text)) << mistake.error;
        EXPECT_THAT(form_errors(text), IsEmpty()) << mistake.error;
    }
}

/// The pointers of all values in the document, the whole one left out.
void collect_pointers(const Plain& value, const std::string& pointer,
                      std::vector<std::string>& pointers) {
    const auto add = [&pointers](const Plain& inner, const std::string& place) {
        pointers.push_back(place);
        collect_pointers(inner, place, pointers);
    };
    if (value.is_object()) {
        for (const auto& [key, member] : value.items()) {
            add(member, member_pointer(pointer, key));
        }
    } else if (value.is_array()) {
        for (std::size_t i = 0; i < value.size(); ++i) {
            add(value[i], item_pointer(pointer, i));
        }
    }
}

/// Drops, renames, adds or replaces something, as the numbers say.
void mutate(Plain& document, std::uint32_t where, std::uint32_t how) {
    std::vector<std::string> pointers;
    collect_pointers(document, "", pointers);
    const Plain::json_pointer pointer(pointers[where % pointers.size()]);
    Plain& value = document[pointer];
    Plain& parent = document[pointer.parent_pointer()];
    const std::string last = pointer.back();
    const std::vector<Plain> others{nullptr,
                                    true,
                                    0,
                                    1,
                                    -5,
                                    2.5,
                                    4'000'000'000U,
                                    "name",
                                    "no name",
                                    "m",
                                    Plain::array(),
                                    Plain::object(),
                                    {1, 2},
                                    {{"do", 5}}};
    constexpr std::size_t kWays = 4;
    switch (how % kWays) {
        case 0:
            if (parent.is_object()) {
                parent.erase(last);
            } else {
                parent.erase(static_cast<std::size_t>(std::stoul(last)));
            }
            break;
        case 1:
            if (parent.is_object()) {
                const Plain moved = value;
                parent.erase(last);
                const std::vector<std::string> keys{"count", "wait", "do", "at", "when", "other"};
                parent[keys[how / kWays % keys.size()]] = moved;
            } else {
                parent.push_back(Plain(value));
            }
            break;
        case 2:
            if (value.is_object()) {
                const std::vector<std::string> keys{"count", "wait", "thread", "min", "no name"};
                value[keys[how / kWays % keys.size()]] = others[how / 64 % others.size()];
                break;
            }
            [[fallthrough]];
        default:
            value = others[how / kWays % others.size()];
            break;
    }
}

/// What the reader says of the form, apart from what no schema can say.
bool reader_accepts(const std::string& text) {
    for (const std::string& line : form_errors(text)) {
        const bool beyond_the_schema = line.find("] is empty") != std::string::npos ||
                                       line.find("nested more than") != std::string::npos;
        if (!beyond_the_schema) {
            return false;
        }
    }
    return true;
}

RC_GTEST_PROP(SchemaAgreement, BothSayTheSameOfChangedDocuments,
              (std::uint32_t which, std::uint32_t where,
               const std::vector<std::uint32_t>& changes)) {
    static const std::vector<std::string> kDocuments = [] {
        std::vector<std::string> documents = shipped_documents();
        documents.emplace_back(sound_document());
        return documents;
    }();
    Plain document = Plain::parse(kDocuments[which % kDocuments.size()]);
    mutate(document, where, which / 1000);
    for (std::size_t i = 0; i < changes.size() % 3 && !document.empty(); ++i) {
        mutate(document, changes[i], changes[i] / 7919);
    }
    const bool by_schema = schema_judge().accepts(document);
    RC_CLASSIFY(by_schema, "accepted");
    RC_LOG() << document.dump(1) << '\n';
    RC_ASSERT(reader_accepts(document.dump()) == by_schema);
}

}  // namespace
}  // namespace castaway::harness
