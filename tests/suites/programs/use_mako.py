# needs: mako source:markupsafe
from mako.template import Template
text = """<%def name="f(x)">[${x | h}]</%def>
% for i in range(n):
${f("<%d>" % i)}
% endfor
<%! import math %>${math.floor(2.7)}"""
print(Template(text).render(n=3))
