#include "harness/interchange/history_model.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "harness/base/error.h"

namespace castaway::harness {
namespace {

constexpr std::array kKinds{ModelKind::register_cell, ModelKind::key_value, ModelKind::mutex,
                            ModelKind::semaphore, ModelKind::event};

/// Takes a model's parameters one by one, so that what nobody took can be told.
class Parameters {
  public:
    Parameters(const std::string& where, std::string_view model,
               const std::vector<FlatField>& fields)
        : where_(where), model_(model), fields_(fields), taken_(fields.size(), false) {}

    const FlatField* take(std::string_view name) {
        for (std::size_t i = 0; i < fields_.size(); ++i) {
            if (fields_[i].key == name) {
                taken_[i] = true;
                return &fields_[i];
            }
        }
        return nullptr;
    }

    std::int32_t count(std::string_view name, std::optional<std::int32_t> otherwise,
                       std::int32_t least) {
        const FlatField* field = take(name);
        if (field == nullptr) {
            if (!otherwise) {
                throw InputError(where_, fmt::format("a {} needs \"{}\"", model_, name));
            }
            return *otherwise;
        }
        const std::optional<std::int64_t> number = field->integer();
        if (!number || *number < least || *number > INT32_MAX) {
            throw wrong(*field, fmt::format("a number from {} to {}", least, INT32_MAX));
        }
        return static_cast<std::int32_t>(*number);
    }

    bool flag(std::string_view name, bool otherwise) {
        const FlatField* field = take(name);
        if (field != nullptr && !field->boolean()) {
            throw wrong(*field, "true or false");
        }
        return field == nullptr ? otherwise : *field->boolean();
    }

    /// Which of the words it is; the first where it is not given.
    template <std::size_t N>
    std::size_t word(std::string_view name, const std::array<std::string_view, N>& words) {
        const FlatField* field = take(name);
        if (field == nullptr) {
            return 0;
        }
        std::string all;
        for (std::size_t i = 0; i < N; ++i) {
            if (field->kind == ScalarKind::text && field->value == words[i]) {
                return i;
            }
            all += fmt::format("{}\"{}\"", i == 0 ? "" : i + 1 == N ? " or " : ", ", words[i]);
        }
        throw wrong(*field, all);
    }

    [[nodiscard]] InputError wrong(const FlatField& field, const std::string& wanted) const {
        return InputError(where_, fmt::format("\"{}\" cannot be {}", field.key, field.value),
                          "write " + wanted);
    }

    void expect_all_taken() const {
        for (std::size_t i = 0; i < fields_.size(); ++i) {
            if (!taken_[i]) {
                throw InputError(where_, fmt::format("a {} has no \"{}\"", model_, fields_[i].key));
            }
        }
    }

  private:
    const std::string& where_;
    std::string_view model_;
    const std::vector<FlatField>& fields_;
    std::vector<bool> taken_;
};

ModelKind kind_from(const std::string& where, std::string_view name) {
    std::string all;
    for (const ModelKind kind : kKinds) {
        if (to_string(kind) == name) {
            return kind;
        }
        all += (all.empty() ? "" : ", ") + std::string(to_string(kind));
    }
    throw InputError(where, fmt::format("no model is called \"{}\"", name), "there are " + all);
}

}  // namespace

std::string_view to_string(ModelKind kind) {
    switch (kind) {
        case ModelKind::register_cell:
            return "register";
        case ModelKind::key_value:
            return "key-value";
        case ModelKind::mutex:
            return "mutex";
        case ModelKind::semaphore:
            return "semaphore";
        case ModelKind::event:
            break;
    }
    return "event";
}

std::string canonical_value(const FlatField& field) {
    return field.kind == ScalarKind::text ? quoted_json(field.value) : std::string(field.value);
}

HistoryModel model_from(const std::string& where, std::string_view name,
                        const std::vector<FlatField>& fields) {
    HistoryModel model;
    model.kind = kind_from(where, name);
    Parameters parameters(where, name, fields);
    switch (model.kind) {
        case ModelKind::register_cell: {
            const FlatField* initial = parameters.take("initial");
            model.initial_value = initial == nullptr ? "null" : canonical_value(*initial);
            break;
        }
        case ModelKind::key_value:
            if (const FlatField* initial = parameters.take("initial")) {
                if (initial->kind != ScalarKind::text) {
                    throw parameters.wrong(*initial, "a text");
                }
                model.initial_value = initial->value;
            }
            break;
        case ModelKind::mutex: {
            model.mutex.recursive = parameters.flag("recursive", false);
            constexpr std::array kEnds{MutexRules::OwnerEnd::abandons, MutexRules::OwnerEnd::frees,
                                       MutexRules::OwnerEnd::leaves_owned};
            model.mutex.owner_end = kEnds.at(parameters.word(
                "on_death", std::array<std::string_view, 3>{"abandon", "free", "keep"}));
            break;
        }
        case ModelKind::semaphore:
            model.initial_count = parameters.count("initial", std::nullopt, 0);
            model.maximum_count = parameters.count("maximum", INT32_MAX, 1);
            if (model.initial_count > model.maximum_count) {
                throw InputError(where, "\"initial\" is greater than \"maximum\"");
            }
            break;
        case ModelKind::event:
            model.reset =
                parameters.word("reset", std::array<std::string_view, 2>{"auto", "manual"}) == 0
                    ? ResetKind::automatic
                    : ResetKind::manual;
            model.signaled = parameters.flag("signaled", false);
            break;
    }
    parameters.expect_all_taken();
    return model;
}

HistoryModel model_from_option(const std::string& option) {
    const std::string where = "--model";
    const std::string_view text = option;
    const std::size_t colon = text.find(':');
    std::vector<FlatField> fields;
    std::string_view rest = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    while (!rest.empty()) {
        const std::string_view one = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), one.size() + 1));
        const std::size_t equals = one.find('=');
        if (equals == std::string_view::npos) {
            throw InputError(where, fmt::format("\"{}\" is no parameter", one),
                             "write NAME:parameter=value,...");
        }
        FlatField field{one.substr(0, equals), one.substr(equals + 1), ScalarKind::number};
        if (field.value == "true" || field.value == "false" || field.value == "null") {
            field.kind = ScalarKind::word;
        } else if (!field.integer()) {
            field.kind = ScalarKind::text;
        }
        fields.push_back(field);
    }
    return model_from(where, text.substr(0, colon), fields);
}

}  // namespace castaway::harness
