"""How gunicorn runs one replica of the shop: one process, some threads, so that its counters are one set."""

worker_class = "gthread"
workers = 1
threads = 8
keepalive = 120  # longer than a gateway keeps an idle connection, so that the gateway is the one who closes
graceful_timeout = 15
timeout = 60
control_socket_disable = True  # replicas share a home folder, and one socket file cannot serve two
