package handlers

import (
	"fmt"
	"io"
	"log"
	"net/http"
)

// Hello logs a line and answers with the body it was sent.
type Hello struct {
	l *log.Logger
}

// NewHello gives a Hello that writes to l.
func NewHello(l *log.Logger) *Hello {
	return &Hello{l}
}

func (h *Hello) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	h.l.Println("Hello world")
	d, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(rw, "Oops", http.StatusBadRequest)
		return
	}
	fmt.Fprintf(rw, "Hello %s\n", d)
}
