module example.com/go-http

go 1.26.0

toolchain go1.26.5

require github.com/go-chi/chi/v5 v5.5.0
