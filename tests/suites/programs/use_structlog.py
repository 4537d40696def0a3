# needs: structlog
import io, structlog
out = io.StringIO()
structlog.configure(processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, structlog.processors.KeyValueRenderer(key_order=["event"])], logger_factory=structlog.PrintLoggerFactory(out))
log = structlog.get_logger().bind(user="a")
with structlog.contextvars.bound_contextvars(request=7): log.info("hello", n=[1])
log.warning("bye"); print(out.getvalue())
