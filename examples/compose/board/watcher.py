"""Prints the message of the day whenever it has changed."""

import os
import time
from urllib.error import URLError
from urllib.request import urlopen

from board.messages import decode


def main():
    last = None
    while True:
        try:
            with urlopen(os.environ["BOARD_URL"], timeout=5) as response:
                message = decode(response.read())
        except URLError as error:
            message = f"the board does not answer: {error.reason}"
        if message != last:
            print(message, flush=True)
            last = message
        time.sleep(10)


if __name__ == "__main__":
    main()
