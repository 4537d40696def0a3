# needs: networkx
import networkx as nx
graph = nx.Graph([(1, 2, {"w": 4}), (2, 3, {"w": 1}), (1, 3, {"w": 7}), (4, 5)])
print(nx.shortest_path(graph, 1, 3, weight="w"), list(nx.connected_components(graph)), nx.density(graph))
print(sorted(nx.minimum_spanning_tree(graph, weight="w").edges), nx.diameter(nx.petersen_graph()))
print(list(nx.topological_sort(nx.DiGraph([("a", "b"), ("b", "c"), ("a", "c")]))))
