# needs: jinja2 source:markupsafe
import jinja2
environment = jinja2.Environment(autoescape=True, trim_blocks=True, loader=jinja2.DictLoader({
    "base": "<h1>{% block title %}none{% endblock %}</h1>",
    "page": "{% extends 'base' %}{% block title %}{{ super() }}{% for x in xs if x is odd %}{{ loop.index }}:{{ x|string|e }} {% else %}empty{% endfor %}{% endblock %}",
    "macro": "{% macro f(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ f('<', b=3) }}{{ [3,1,2]|sort|join(',') }}",
}))
print(environment.get_template("page").render(xs=range(6)))
print(environment.get_template("macro").render())
try: environment.from_string("{{ a.b.c }}").render()
except jinja2.UndefinedError as error: print(error)
