"""What both programs agree on: how a message looks on the wire."""

import json


def encode(text, author):
    return json.dumps({"author": author, "text": text}).encode()


def decode(body):
    message = json.loads(body)
    return f"{message['author']}: {message['text']}"
