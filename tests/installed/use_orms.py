# SQLAlchemy's and Django's object-relational mappers on one SQLite file each, from several threads: no row is lost.
import os
import tempfile
import threading

import django
import sqlalchemy as sa
from django.conf import settings
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

THREADS, BOOKS = 8, 25


def in_threads(function):
    errors = []

    def run(thread):
        try:
            function(thread)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


def by_sqlalchemy(folder):
    path = os.path.join(folder, "alchemy.db")
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 120})
    Base.metadata.create_all(engine)

    def write(thread):
        with Session(engine) as session:
            author = Author(name=f"author {thread}")
            session.add(author)
            session.commit()
            for number in range(BOOKS):
                session.add(Book(title=f"book {number}", author=author))
                if number % 5 == 4:
                    session.commit()

    in_threads(write)
    with Session(engine) as session:
        assert session.scalar(sa.select(sa.func.count(Book.id))) == THREADS * BOOKS
        for author in session.scalars(sa.select(Author)):
            assert sorted(book.title for book in author.books) == sorted(f"book {n}" for n in range(BOOKS))
        session.execute(sa.delete(Book).where(Book.title == "book 0"))
        assert session.scalar(sa.select(sa.func.count(Book.id))) == THREADS * (BOOKS - 1)
        session.rollback()
        assert session.scalar(sa.select(sa.func.count(Book.id))) == THREADS * BOOKS
    engine.dispose()


def by_django(folder):
    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(folder, "django.db"),
        "OPTIONS": {"timeout": 120, "transaction_mode": "IMMEDIATE"},
    }
    settings.configure(DATABASES={"default": database}, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
    django.setup()
    from django.db import connection, connections, models, transaction

    class Author(models.Model):
        name = models.CharField(max_length=100)

        class Meta:
            app_label = "library"

    class Book(models.Model):
        title = models.CharField(max_length=100)
        author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")

        class Meta:
            app_label = "library"

    with connection.schema_editor() as editor:
        editor.create_model(Author)
        editor.create_model(Book)

    def write(thread):
        try:
            author = Author.objects.create(name=f"author {thread}")
            for start in range(0, BOOKS, 5):
                with transaction.atomic():
                    for number in range(start, start + 5):
                        Book.objects.create(title=f"book {number}", author=author)
        finally:
            connections.close_all()

    in_threads(write)
    assert Book.objects.count() == THREADS * BOOKS
    for author in Author.objects.prefetch_related("books"):
        assert author.books.count() == BOOKS
    try:
        with transaction.atomic():
            Author.objects.all().delete()
            raise LookupError
    except LookupError:
        pass
    assert Author.objects.count() == THREADS
    titles = Book.objects.filter(author__name="author 3").order_by("-title").values_list("title", flat=True)
    assert list(titles) == sorted((f"book {number}" for number in range(BOOKS)), reverse=True)
    connections.close_all()


with tempfile.TemporaryDirectory() as folder:
    by_sqlalchemy(folder)
    by_django(folder)
print("ok")
