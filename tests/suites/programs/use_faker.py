# needs: faker
from faker import Faker
fake = Faker("en_US"); Faker.seed(4); first = [fake.name(), fake.email(), fake.date()]
Faker.seed(4); print(first == [fake.name(), fake.email(), fake.date()], len(fake.profile()), "@" in first[1])
