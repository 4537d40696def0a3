# needs: flask source:markupsafe
import flask
app = flask.Flask(__name__)
app.secret_key = "x"
@app.route("/hello/<name>", methods=["GET", "POST"])
def hello(name):
    flask.session["n"] = flask.session.get("n", 0) + 1
    return flask.jsonify(name=name, n=flask.session["n"], q=flask.request.args.get("q", type=int))
@app.errorhandler(404)
def missing(error): return flask.render_template_string("<b>{{ e }}</b>", e=error.name), 404
with app.test_client() as client:
    client.get("/hello/a")
    print(client.post("/hello/<b>?q=7").get_json(), client.get("/none").data, client.delete("/hello/a").status)
