# needs: source:peewee
import peewee
db = peewee.SqliteDatabase(":memory:")
class Note(peewee.Model):
    text = peewee.CharField(index=True); stars = peewee.IntegerField(default=0)
    class Meta: database = db
db.connect(); db.create_tables([Note])
with db.atomic(): Note.insert_many([{"text": c, "stars": i} for i, c in enumerate("abcd")]).execute()
print([n.text for n in Note.select().where(Note.stars > 1).order_by(Note.text.desc())], Note.select(peewee.fn.SUM(Note.stars)).scalar())
