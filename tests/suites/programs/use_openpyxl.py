# needs: openpyxl et-xmlfile
import io, openpyxl
book = openpyxl.Workbook()
sheet = book.active
for row in (["a", 1], ["b", 2.5], ["=SUM(B1:B2)", None]): sheet.append(row)
sheet["C1"].font = openpyxl.styles.Font(bold=True)
sheet.merge_cells("D1:E2")
data = io.BytesIO(); book.save(data); data.seek(0)
again = openpyxl.load_workbook(data).active
print([[cell.value for cell in row] for row in again.iter_rows()], again.dimensions, again["C1"].font.b)
