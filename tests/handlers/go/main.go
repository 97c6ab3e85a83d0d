// What Go's own handlers answer to the cases on standard input, as JSON on standard output.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"
)

type testCase struct {
	Handler string `json:"handler"`
	Prefix  string `json:"prefix"`
	Target  string `json:"target"`
	Limit   int64  `json:"limit"`
	Size    int    `json:"size"`
	Chunked bool   `json:"chunked"`
	Allowed int    `json:"allowed"`
	Takes   int    `json:"takes"`
	Status  int    `json:"status"`
	Parts   int    `json:"parts"`
	Message string `json:"message"`
}

type answer struct {
	Status      int    `json:"status"`
	ContentType string `json:"content_type"`
	Length      int64  `json:"length"`
	Body        string `json:"body"`
	Custom      string `json:"custom"`
	Closes      bool   `json:"closes"`
}

func seen(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%q %q", r.URL.Path, r.URL.EscapedPath())
}

func reads(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		io.WriteString(w, "413 Request Entity Too Large")
		return
	}
	fmt.Fprintf(w, "%d", len(body))
}

func answers(c testCase) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(time.Duration(c.Takes) * time.Millisecond):
		case <-r.Context().Done():
		}
		w.Header().Set("X-Custom", "own")
		w.WriteHeader(c.Status)
		for range c.Parts {
			io.WriteString(w, strings.Repeat("a", c.Size))
		}
	}
}

func handler(c testCase) http.Handler {
	switch c.Handler {
	case "strip":
		return http.StripPrefix(c.Prefix, http.HandlerFunc(seen))
	case "unread":
		return http.MaxBytesHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "unread")
		}), c.Limit)
	case "bytes":
		return http.MaxBytesHandler(http.HandlerFunc(reads), c.Limit)
	}
	limit := time.Duration(c.Allowed) * time.Millisecond
	return http.TimeoutHandler(answers(c), limit, c.Message)
}

func ask(c testCase) answer {
	server := httptest.NewServer(handler(c))
	defer server.Close()
	var body io.Reader = strings.NewReader(strings.Repeat("b", c.Size))
	if c.Chunked {
		body = io.MultiReader(body)
	}
	method := http.MethodPost
	if c.Handler != "bytes" && c.Handler != "unread" {
		method, body = http.MethodGet, nil
	}
	request, err := http.NewRequest(method, server.URL+c.Target, body)
	if err != nil {
		panic(err)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		panic(err)
	}
	return answer{
		Status:      response.StatusCode,
		ContentType: response.Header.Get("Content-Type"),
		Length:      response.ContentLength,
		Body:        string(text),
		Custom:      response.Header.Get("X-Custom"),
		Closes:      response.Close,
	}
}

func main() {
	var cases map[string]testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	found := map[string]answer{}
	for name, c := range cases {
		found[name] = ask(c)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	out.SetEscapeHTML(false)
	if err := out.Encode(found); err != nil {
		panic(err)
	}
}
