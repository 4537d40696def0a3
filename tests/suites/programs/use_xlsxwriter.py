# needs: xlsxwriter
import io, xlsxwriter, zipfile
data = io.BytesIO()
with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
    sheet = book.add_worksheet("S")
    sheet.write_row(0, 0, ["x", 1, True, 2.5]); sheet.write_formula("A2", "=1+1")
    book.add_chart({"type": "line"}).add_series({"values": "=S!$B$1:$D$1"})
names = zipfile.ZipFile(data).namelist()
print(sorted(names)[:5], zipfile.ZipFile(data).read("xl/worksheets/sheet1.xml")[:60])
