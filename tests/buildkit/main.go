// Command buildkit says what BuildKit itself makes of a Dockerfile, for comparing with dockfix.
//
//	buildkit ast|typed|checks|graph|expand|ignored < files > rows
//	buildkit bench < files
//
// Each input line is the path of a file, or a JSON object {"path": …, "text": …} that brings the text along. Each
// output line is a JSON object for one file, in input order. A panic in one file is an error in its row.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Row is one line of output.
type Row map[string]any

// File is a Dockerfile to look at.
type File struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

var commands = map[string]func(File) Row{
	"ast":     ast,
	"typed":   typed,
	"checks":  checks,
	"graph":   graph,
	"ignored": ignored,
	"expand":  expand,
}

func main() {
	if len(os.Args) != 2 {
		fail("usage: buildkit ast|typed|checks|graph|expand|ignored|bench < files")
	}
	if os.Args[1] == "bench" {
		bench(read(os.Stdin))
		return
	}
	command, ok := commands[os.Args[1]]
	if !ok {
		fail("unknown subcommand " + os.Args[1])
	}
	serve(command)
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(2)
}

// serve answers line by line: several workers, answers in order. Output is flushed whenever no more input is at
// hand, so that the caller may wait for an answer before it asks again.
func serve(command func(File) Row) {
	jobs := make(chan chan []byte, 4*runtime.NumCPU())
	go func() {
		defer close(jobs)
		slots := make(chan struct{}, runtime.NumCPU())
		scan(os.Stdin, func(line string) {
			answer := make(chan []byte, 1)
			jobs <- answer
			slots <- struct{}{}
			go func() {
				defer func() { <-slots }()
				answer <- respond(command, line)
			}()
		})
	}()
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer out.Flush()
	for answer := range jobs {
		out.Write(<-answer)
		if len(jobs) == 0 {
			out.Flush()
		}
	}
}

func respond(command func(File) Row, line string) []byte {
	file, err := open(line)
	row := Row{"ok": false}
	if err != nil {
		row["error"] = err.Error()
	} else {
		row = guarded(command, file)
	}
	row["path"] = file.Path
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(row); err != nil {
		return []byte(fmt.Sprintf("{\"ok\":false,\"error\":%q}\n", err.Error()))
	}
	return []byte(text.String())
}

func guarded(command func(File) Row, file File) (row Row) {
	defer func() {
		if cause := recover(); cause != nil {
			row = Row{"ok": false, "error": fmt.Sprintf("panic: %v", cause)}
		}
	}()
	return command(file)
}

func open(line string) (File, error) {
	if strings.HasPrefix(line, "{") {
		var file File
		err := json.Unmarshal([]byte(line), &file)
		return file, err
	}
	text, err := os.ReadFile(line)
	return File{Path: line, Text: string(text)}, err
}

func read(input *os.File) []File {
	var files []File
	scan(input, func(line string) {
		file, err := open(line)
		if err != nil {
			fail(err.Error())
		}
		files = append(files, file)
	})
	return files
}

func scan(input *os.File, each func(string)) {
	reader := bufio.NewReaderSize(input, 1<<20)
	for {
		line, err := reader.ReadString('\n')
		if line = strings.TrimRight(line, "\n"); line != "" {
			each(line)
		}
		if err != nil {
			return
		}
	}
}
