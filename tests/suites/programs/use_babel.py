# needs: babel
from datetime import date
from babel import Locale, numbers, dates
print(numbers.format_currency(1234.5, "EUR", locale="de_DE"), numbers.format_decimal(-1e6, locale="fr"))
print(dates.format_date(date(2024, 2, 29), "full", locale="ja"), Locale.parse("pt_BR").display_name)
print(Locale("ru").plural_form(3), numbers.format_compact_decimal(12345, locale="en"))
