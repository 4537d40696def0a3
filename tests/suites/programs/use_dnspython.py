# needs: dnspython
import dns.message, dns.name, dns.rdatatype, dns.zone
query = dns.message.make_query("example.com", "MX"); query.id = 1
print(query.to_wire().hex(), dns.message.from_wire(query.to_wire()).question)
zone = dns.zone.from_text("$TTL 60\n@ IN SOA a. b. 1 2 3 4 5\n@ IN NS ns\nwww IN A 1.2.3.4\n", origin="ex.org")
print(zone.find_rdataset("www", "A"), dns.name.from_text("a.b").is_subdomain(dns.name.from_text("b")))
