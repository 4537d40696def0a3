# needs: jmespath
import jmespath
data = {"people": [{"name": "a", "age": 30}, {"name": "b", "age": 50}, {"name": "c", "age": 40}]}
for query in ("people[?age > `35`].name", "sort_by(people, &age)[-1]", "people[*].[name, age] | [0]", "length(people)"):
    print(jmespath.search(query, data))
