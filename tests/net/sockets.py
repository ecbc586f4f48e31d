"""Sockets: transfer, time limits, addresses, ancillary data, names."""
import array
import errno
import os
import socket
import threading


def raises(kind, text, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as error:
        assert text in str(error), error
    else:
        raise AssertionError(f"{kind} not raised")


def echo_server(family, host):
    server = socket.socket(family)
    server.bind((host, 0))
    server.listen()

    def serve():
        connection, _ = server.accept()
        with connection:
            while data := connection.recv(100):
                connection.sendall(data.upper())

    thread = threading.Thread(target=serve)
    thread.start()
    return server, thread


for family, host in [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]:
    server, thread = echo_server(family, host)
    with server, socket.socket(family) as client:
        client.settimeout(5)
        client.connect(server.getsockname())
        assert client.getpeername() == server.getsockname()
        assert client.send(b"hello") == 5
        assert client.recv(100) == b"HELLO"
        client.sendall(memoryview(bytearray(b"again")))
        buffer = bytearray(10)
        assert client.recv_into(buffer, 3) == 3 and buffer[:4] == b"AGA\0"
        assert client.recv_into(memoryview(buffer)[5:]) == 2 and buffer[5:7] == b"IN"
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
        thread.join()

# Time limits
a, b = socket.socketpair()
with a, b:
    assert a.family == socket.AF_UNIX and a.timeout is None and a.getblocking()
    a.settimeout(0.01)
    assert a.gettimeout() == 0.01 and a.getblocking()
    raises(TimeoutError, "timed out", a.recv, 1)
    raises(TimeoutError, "timed out", a.sendall, bytes(10_000_000))
    a.setblocking(False)
    assert a.gettimeout() == 0.0 and not a.getblocking()
    raises(BlockingIOError, "Resource temporarily unavailable", a.recv, 1)
    raises(ValueError, "Timeout value out of range", a.settimeout, -1)
    raises(TypeError, "cannot be interpreted as an integer or float", a.settimeout, "1")
    raises(OverflowError, "timestamp out of range", a.settimeout, 1e30)
raises(OSError, "Bad file descriptor", a.recv, 1)
assert a.fileno() == -1
socket.setdefaulttimeout(3)
with socket.socket() as s:
    assert s.gettimeout() == 3.0
socket.setdefaulttimeout(None)

# Datagrams
with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as two:
    one.bind(("localhost", 0))
    two.bind(("", 0))
    assert two.sendto(b"datagram", one.getsockname()) == 8
    data, sender = one.recvfrom(100)
    assert data == b"datagram" and sender == ("127.0.0.1", two.getsockname()[1])
    assert two.sendmsg([b"da", bytearray(b"ta")], [], 0, one.getsockname()) == 4
    buffer = bytearray(3)
    assert one.recvfrom_into(buffer)[0] == 3 and buffer == b"dat"

# Descriptors travel
a, b = socket.socketpair()
with a, b:
    read, write = os.pipe()
    rights = array.array("i", [write])
    assert a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]) == 1
    os.close(write)
    data, ancillary, flags, address = b.recvmsg(10, socket.CMSG_SPACE(4))
    assert data == b"x" and flags == socket.MSG_CMSG_CLOEXEC & flags and not address
    [(level, kind, payload)] = ancillary
    assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
    received = array.array("i", payload)[0]
    os.write(received, b"through")
    assert os.read(read, 10) == b"through"
    os.close(received)
    os.close(read)
    parts = [bytearray(2), bytearray(5)]
    a.send(b"scatter")
    assert b.recvmsg_into(parts)[0] == 7 and parts == [b"sc", b"atter"]

# Options and adoption
with socket.socket() as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    assert s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR) == 1
    assert s.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == bytes(8)
    raises(OSError, "getsockopt buflen out of range", s.getsockopt, 1, 2, 2000)
    raises(TypeError, "setsockopt() takes exactly 3 arguments (2 given)", s.setsockopt, 1, 2)
    copy = s.dup()
    assert copy.fileno() != s.fileno() and copy.family == s.family
    other = socket.socket(fileno=copy.detach())
    assert (other.family, other.type, other.proto) == (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    other.close()
    raises(TypeError, "bind(): AF_INET address must be tuple, not int", s.bind, 1)
    raises(TypeError, "AF_INET address must be a pair (host, port)", s.bind, ("",))
    raises(OverflowError, "bind(): port must be 0-65535.", s.bind, ("", 65536))
    raises(TypeError, "host name must not contain null character", s.bind, ("a\0b", 1))
    raises(TypeError, "a bytes-like object is required, not 'str'", s.send, "text")
    assert s.connect_ex(("127.0.0.1", 1)) == errno.ECONNREFUSED
raises(OSError, "Socket operation on non-socket", socket.socket, fileno=os.open("/dev/null", os.O_RDONLY))

# Names outside the file system
with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
    s.bind(b"\0pyrope-test-%d" % os.getpid())
    assert s.getsockname() == b"\0pyrope-test-%d" % os.getpid()
    raises(OSError, "AF_UNIX path too long", s.connect, "x" * 200)

# Look-ups that need no network
assert socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM) == [
    (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 80))
]
assert socket.getnameinfo(("::1", 80, 0, 0), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV) == ("::1", "80")
assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"
raises(socket.gaierror, "", socket.getaddrinfo, None, None)
assert issubclass(socket.gaierror, OSError) and socket.timeout is TimeoutError

# Conversions
assert socket.htons(1) == 256 and socket.ntohl(1) == 1 << 24
raises(OverflowError, "Python int too large for C uint16_t", socket.htons, 65536)
assert socket.inet_aton("1.2.3") == b"\1\2\0\3" and socket.inet_ntoa(b"\1\2\3\4") == "1.2.3.4"
assert socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, "1::2")) == "1::2"
raises(OSError, "illegal IP address string passed to inet_pton", socket.inet_pton, socket.AF_INET, "1.2.3")
assert (1, "lo") in socket.if_nameindex() and socket.if_indextoname(socket.if_nametoindex("lo")) == "lo"
