// Judges register and key-value histories in castaway's JSON Lines form with porcupine, for
// comparison. It is given a checkout of porcupine when it is built and contains none of it.
//
//	porcupine_judge MILLISECONDS TIMEOUT_SECONDS FILE...
//
// prints for each file its verdict (Ok, Illegal, Unknown), how often it was judged, and the
// processor's time for one judgement in nanoseconds; the garbage collector's is in it. Each file is
// judged until MILLISECONDS of it are spent, at least once. Reading does not count.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"syscall"
	"time"

	"github.com/anishathalye/porcupine"
)

type record struct {
	History  int             `json:"castaway_history"`
	Model    string          `json:"model"`
	Order    string          `json:"order"`
	Initial  json.RawMessage `json:"initial"`
	Type     string          `json:"type"`
	Process  json.RawMessage `json:"process"`
	Op       string          `json:"op"`
	Object   json.RawMessage `json:"object"`
	Key      json.RawMessage `json:"key"`
	Value    json.RawMessage `json:"value"`
	Expected json.RawMessage `json:"expected"`
	Result   string          `json:"result"`
}

type input struct {
	op       string
	key      string
	value    int32
	expected int32
	text     string
}

type output struct {
	value   int32
	text    string
	failed  bool
	unknown bool
}

// A register's state is a number, as it is in porcupine's own tests.
func registerModel(initial int32) porcupine.Model {
	return porcupine.Model{
		PartitionEvent: byKey,
		Init:           func() interface{} { return initial },
		Step: func(state, in, out interface{}) (bool, interface{}) {
			now, call, answer := state.(int32), in.(input), out.(output)
			switch call.op {
			case "read":
				return answer.unknown || answer.value == now, state
			case "write":
				return true, call.value
			default:
				if answer.unknown || answer.failed != (call.expected == now) {
					if call.expected == now {
						return true, call.value
					}
					return true, state
				}
				return false, state
			}
		},
	}
}

// One key; the state is its text.
func keyValueModel(initial string) porcupine.Model {
	return porcupine.Model{
		PartitionEvent: byKey,
		Init:           func() interface{} { return initial },
		Step: func(state, in, out interface{}) (bool, interface{}) {
			now, call, answer := state.(string), in.(input), out.(output)
			switch call.op {
			case "get":
				return answer.unknown || answer.text == now, state
			case "put":
				return true, call.text
			default:
				return true, now + call.text
			}
		},
	}
}

func byKey(history []porcupine.Event) [][]porcupine.Event {
	partitions := make(map[string][]porcupine.Event)
	keys := make(map[int]string)
	for _, event := range history {
		if event.Kind == porcupine.CallEvent {
			keys[event.Id] = event.Value.(input).key
		}
		key := keys[event.Id]
		partitions[key] = append(partitions[key], event)
	}
	names := make([]string, 0, len(partitions))
	for name := range partitions {
		names = append(names, name)
	}
	sort.Strings(names)
	parts := make([][]porcupine.Event, 0, len(names))
	for _, name := range names {
		parts = append(parts, partitions[name])
	}
	return parts
}

func text(raw json.RawMessage) string {
	var unquoted string
	if json.Unmarshal(raw, &unquoted) == nil {
		return unquoted
	}
	return string(raw)
}

type history struct {
	model  porcupine.Model
	events []porcupine.Event
}

func read(path string) (history, error) {
	file, err := os.Open(path)
	if err != nil {
		return history{}, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	values := map[string]int32{"": -1, "null": -1}
	number := func(raw json.RawMessage) int32 {
		known, ok := values[string(raw)]
		if !ok {
			known = int32(len(values))
			values[string(raw)] = known
		}
		return known
	}
	var told history
	var events []porcupine.Event
	undone := make(map[int]bool)
	var model string
	open := make(map[string]int)
	var calls []int // by id: its place among the events
	id := 0
	for line := 1; lines.Scan(); line++ {
		var each record
		if err := json.Unmarshal(lines.Bytes(), &each); err != nil {
			return told, fmt.Errorf("%s: line %d: %v", path, line, err)
		}
		process := string(each.Process)
		switch {
		case line == 1 && each.History == 1 && each.Order != "time" && each.Model == "register":
			model = each.Model
			told.model = registerModel(number(each.Initial))
		case line == 1 && each.History == 1 && each.Order != "time" && each.Model == "key-value":
			model = each.Model
			told.model = keyValueModel(text(each.Initial))
		case model != "" && each.Type == "invoke":
			call := input{op: each.Op, key: string(each.Object) + string(each.Key)}
			if model == "register" {
				call.value, call.expected = number(each.Value), number(each.Expected)
			} else {
				call.text = text(each.Value)
			}
			events = append(events,
				porcupine.Event{Kind: porcupine.CallEvent, Value: call, Id: id})
			calls = append(calls, len(events)-1)
			open[process] = id
			id++
		case model != "" && each.Type == "return":
			if each.Result == "unknown" {
				continue // stays open to the end
			}
			if each.Result == "failed" && events[calls[open[process]]].Value.(input).op != "compare_and_set" {
				undone[open[process]] = true
			}
			answer := output{failed: each.Result == "failed"}
			if model == "register" {
				answer.value = number(each.Value)
			} else {
				answer.text = text(each.Value)
			}
			events = append(events,
				porcupine.Event{Kind: porcupine.ReturnEvent, Value: answer, Id: open[process]})
			delete(open, process)
		case model != "" && each.Type == "end":
		default:
			return told, fmt.Errorf("%s: line %d is not for this comparison", path, line)
		}
	}
	left := make([]int, 0, len(open))
	for _, call := range open {
		left = append(left, call)
	}
	sort.Ints(left)
	for _, call := range left {
		events = append(events,
			porcupine.Event{Kind: porcupine.ReturnEvent, Value: output{unknown: true}, Id: call})
	}
	for _, event := range events {
		if !undone[event.Id] {
			told.events = append(told.events, event)
		}
	}
	return told, lines.Err()
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "porcupine_judge MILLISECONDS TIMEOUT_SECONDS FILE...")
		os.Exit(2)
	}
	least, errLeast := strconv.Atoi(os.Args[1])
	timeout, errTimeout := strconv.Atoi(os.Args[2])
	if errLeast != nil || errTimeout != nil {
		fmt.Fprintln(os.Stderr, "porcupine_judge: MILLISECONDS and TIMEOUT_SECONDS are numbers")
		os.Exit(2)
	}
	for _, path := range os.Args[3:] {
		told, err := read(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		times := 0
		verdict := porcupine.Unknown
		begin := processorTime()
		spent := time.Duration(0)
		for times == 0 || spent < time.Duration(least)*time.Millisecond {
			verdict = porcupine.CheckEventsTimeout(told.model, told.events,
				time.Duration(timeout)*time.Second)
			times++
			spent = processorTime() - begin
		}
		fmt.Printf("%s %d %d\n", verdict, times, spent.Nanoseconds()/int64(times))
	}
}
