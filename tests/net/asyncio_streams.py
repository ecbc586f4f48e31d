"""asyncio over sockets and subprocesses."""
import asyncio


async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def streams():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"one\ntwo\n")
        assert await reader.readline() == b"ONE\n"
        assert await reader.readline() == b"TWO\n"
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


async def processes():
    process = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    out, _ = await process.communicate(b"through cat")
    assert out == b"through cat" and process.returncode == 0


async def threads():
    assert await asyncio.to_thread(sum, [1, 2]) == 3


async def main():
    await asyncio.gather(streams(), processes(), threads())
    async with asyncio.timeout(5):
        await asyncio.sleep(0)
    try:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(5)
    except TimeoutError:
        pass
    else:
        raise AssertionError


asyncio.run(main())


async def chained():
    """What a coroutine handles becomes the context of what an await throws into it."""
    async def fail():
        raise ValueError

    try:
        raise KeyError(3)
    except KeyError as first:
        try:
            await asyncio.create_task(fail())
        except ValueError as second:
            assert second.__context__ is first


asyncio.run(chained())
