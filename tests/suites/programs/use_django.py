# needs: django asgiref sqlparse
import django
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}, INSTALLED_APPS=[], TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}], ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])
django.setup()
from django.db import connection, models
from django.http import JsonResponse
from django.template import Context, Template
from django.test import Client
from django.urls import path
urlpatterns = [path("x/<int:n>/", lambda request, n: JsonResponse({"n": n, "q": request.GET.dict()}))]
class Item(models.Model):
    name = models.CharField(max_length=9)
    class Meta: app_label = "t"
with connection.schema_editor() as editor: editor.create_model(Item)
Item.objects.bulk_create([Item(name=c) for c in "cab"])
print(list(Item.objects.filter(name__gt="a").order_by("name").values_list("name", flat=True)), Client().get("/x/5/?a=b").json())
print(Template("{% for i in xs %}{{ i|add:1 }},{% endfor %}{{ '<'|upper }}").render(Context({"xs": [1, 2]})))
