# needs: email-validator dnspython idna
from email_validator import EmailNotValidError, validate_email
for address in ("a.b+c@example-x.com", "ä@ドメイン.com", "no@", "a..b@x.org"):
    try: print(validate_email(address, check_deliverability=False).normalized)
    except EmailNotValidError as error: print(error)
