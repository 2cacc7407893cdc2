FROM python:latest
WORKDIR /app
COPY . .
CMD python -m board.watcher
