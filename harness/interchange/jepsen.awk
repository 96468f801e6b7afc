# Turns logs of Jepsen into the histories that `castaway check` reads; README.md tells how.
#
#   awk -f jepsen.awk LOG > HISTORY.jsonl
#
# A register's log has lines that end in PROCESS :TYPE :OPERATION VALUE, one of
#   INFO  jepsen.util - 3 :invoke :cas [1 4]
# and a key-value store's has maps, one a line:
#   {:process 3, :type :invoke, :f :append, :key "1", :value "x"}
# Other lines are passed over; none of either kind is an error (exit code 2), and so is an operation
# that neither has.

function begin(model) {
    if (!begun) {
        printf "{\"castaway_history\": 1, \"model\": \"%s\"}\n", model
        begun = model
    }
    if (begun != model) {
        refuse("a register's line and a key-value store's in one log")
    }
}

function refuse(problem) {
    printf "%s: line %d: %s\n", FILENAME, FNR, problem > "/dev/stderr"
    refused = 1
    exit 2
}

function json(value) {
    return value == "nil" ? "null" : value
}

# An answer that is not known leaves the call open for ever.
function answer(process, type, value) {
    printf "{\"type\": \"return\", \"process\": %s", process
    if (type == ":fail") {
        printf ", \"result\": \"failed\""
    } else if (type == ":info") {
        printf ", \"result\": \"unknown\""
    } else if (value != "") {
        printf ", \"value\": %s", json(value)
    }
    printf "}\n"
    ++records
}

# The value behind a key of a map: a quoted text, or a word.
function behind(key,    at, text) {
    at = index($0, key " ")
    if (at == 0) {
        refuse("no " key)
    }
    text = substr($0, at + length(key) + 1)
    if (substr(text, 1, 1) == "\"") {
        match(text, /^"([^"\\]|\\.)*"/)
    } else {
        match(text, /^[^,} ]*/)
    }
    return substr(text, 1, RLENGTH)
}

/ - [0-9]+[ \t]+:(invoke|ok|fail|info)[ \t]+:/ {
    begin("register")
    sub(/^.* - /, "")
    gsub(/[][]/, "")
    count = split($0, word, /[ \t]+/)
    if (word[3] != ":read" && word[3] != ":write" && word[3] != ":cas") {
        refuse("the operation " word[3] " is none of :read, :write and :cas")
    }
    if (word[2] != ":invoke") {
        answer(word[1], word[2], word[3] == ":read" ? word[4] : "")
        next
    }
    printf "{\"type\": \"invoke\", \"process\": %s, ", word[1]
    if (word[3] == ":read") {
        printf "\"op\": \"read\"}\n"
    } else if (word[3] == ":write") {
        printf "\"op\": \"write\", \"value\": %s}\n", json(word[4])
    } else {
        printf "\"op\": \"compare_and_set\", \"expected\": %s, \"value\": %s}\n", json(word[4]), json(word[5])
    }
    ++records
    next
}

/^[ \t]*\{.*:process [0-9]+.*:type :/ {
    begin("key-value")
    process = behind(":process")
    type = behind(":type")
    operation = behind(":f")
    if (operation != ":get" && operation != ":put" && operation != ":append") {
        refuse("the operation " operation " is none of :get, :put and :append")
    }
    if (type != ":invoke") {
        answer(process, type, operation == ":get" ? behind(":value") : "")
        next
    }
    printf "{\"type\": \"invoke\", \"process\": %s, \"op\": \"%s\", \"key\": %s", process, substr(operation, 2), behind(":key")
    if (operation != ":get") {
        printf ", \"value\": %s", behind(":value")
    }
    printf "}\n"
    ++records
}

END {
    if (refused) {
        exit 2
    }
    if (!begun) {
        print FILENAME ": no line of a register's or key-value store's log" > "/dev/stderr"
        exit 2
    }
    printf "{\"type\": \"end\", \"records\": %d}\n", records
}
