// Command server tells the time over HTTP.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
)

func main() {
	router := chi.NewRouter()
	router.Get("/", now)
	router.Get("/healthz", healthy)

	log.Println("listening on :8080")
	log.Fatal(http.ListenAndServe(":8080", router))
}

func now(response http.ResponseWriter, _ *http.Request) {
	answer(response, map[string]string{"time": time.Now().UTC().Format(time.RFC3339)})
}

func healthy(response http.ResponseWriter, _ *http.Request) {
	answer(response, map[string]string{"status": "ok"})
}

func answer(response http.ResponseWriter, body any) {
	response.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(response).Encode(body); err != nil {
		log.Println(err)
	}
}
