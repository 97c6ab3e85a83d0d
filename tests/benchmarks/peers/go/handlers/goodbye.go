package handlers

import (
	"log"
	"net/http"
)

// Goodbye answers without logging.
type Goodbye struct {
	l *log.Logger
}

// NewGoodbye gives a Goodbye that holds l.
func NewGoodbye(l *log.Logger) *Goodbye {
	return &Goodbye{l}
}

func (g *Goodbye) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	rw.Write([]byte("Byee\n"))
}
