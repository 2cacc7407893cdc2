"""Answers every request with the message of the day."""

from waitress import serve

from board.messages import encode


def application(environ, start_response):
    if environ["PATH_INFO"] == "/healthz":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok\n"]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [encode("The kitchen is clean.", "Ada")]


if __name__ == "__main__":
    serve(application, host="0.0.0.0", port=8000)
