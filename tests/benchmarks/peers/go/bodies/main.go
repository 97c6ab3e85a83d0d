// Downloads of 8 MiB and a short goodbye on net/http, for the benchmarks of readers that stand still:
// what tests/benchmarks/apps/bodies.py does, with the deadlines of the program beside it.
package main

import (
	"log"
	"net/http"
	"os"
	"strconv"
	"time"
)

const size = 8 << 20

func download(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("Content-Length", strconv.Itoa(size))
	rw.Header().Set("Content-Type", "application/octet-stream")
	piece := make([]byte, 64<<10)
	for sent := 0; sent < size; sent += len(piece) {
		if _, err := rw.Write(piece); err != nil {
			return
		}
	}
}

func goodbye(rw http.ResponseWriter, r *http.Request) {
	rw.Write([]byte("Byee\n"))
}

func main() {
	sm := http.NewServeMux()
	sm.HandleFunc("/download", download)
	sm.HandleFunc("/", goodbye)
	s := &http.Server{
		Addr:         "127.0.0.1:" + os.Getenv("PORT"),
		Handler:      sm,
		IdleTimeout:  120 * time.Second,
		ReadTimeout:  1 * time.Second,
		WriteTimeout: 1 * time.Second,
	}
	log.Fatal(s.ListenAndServe())
}
