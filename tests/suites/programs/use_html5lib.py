# needs: html5lib
import html5lib
tree = html5lib.parse("<table><tr><td>a<p>b</table><i>c<b>d</i>e", namespaceHTMLElements=False)
print(html5lib.serialize(tree, quote_attr_values="always", omit_optional_tags=False))
