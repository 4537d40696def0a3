# needs: boto3 botocore s3transfer jmespath
import boto3, botocore.session
from botocore.stub import Stubber
client = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
with Stubber(client) as stub:
    stub.add_response("list_objects_v2", {"Contents": [{"Key": "k", "Size": 3}], "IsTruncated": False}, {"Bucket": "x"})
    print([o["Key"] for o in client.list_objects_v2(Bucket="x")["Contents"]])
print(client.generate_presigned_url("get_object", {"Bucket": "x", "Key": "k"}).split("?")[0], len(boto3.Session().get_available_services()) > 100)
