from flask import Flask, jsonify, request

app = Flask(__name__)


@app.route("/")
def index():
    name = request.args.get("name", "world")
    return jsonify(message=f"Hello, {name}!")


@app.route("/health")
def health():
    return jsonify(status="ok")


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000)
