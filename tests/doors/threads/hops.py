"""Ways of Python, asgiref and Django from one thread or task to another, and what each must do.

`hop(work, threads)` is called in a tenant's scope and answers what `work()` answered elsewhere.
`threads` is a pool that both tenants use, so its threads have been in the other's work before.
"""

from __future__ import annotations

import asyncio
import contextvars
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from typing import Any

from asgiref.sync import ThreadSensitiveContext, async_to_sync, sync_to_async

from tenancy.boundaries.threads import TenantThreadPoolExecutor, in_this_scope

Work = Callable[[], str]
Hop = Callable[[Work, ThreadPoolExecutor], str]


def _thread(work: Work, make: Callable[[Callable[[], None]], Any]) -> str:
    found: queue.Queue[str] = queue.Queue()
    started = make(lambda: found.put(work()))
    started.start()
    started.join()
    return found.get(timeout=10)


def _run(work: Work, way: Callable[[Work], Any]) -> str:
    async def main() -> str:
        return str(await way(work))

    return asyncio.run(main())


async def _atask(work: Work) -> str:
    async def inner() -> str:
        return await sync_to_async(work)()

    return await asyncio.create_task(inner())


async def _gathered(work: Work) -> str:
    found = await asyncio.gather(*(sync_to_async(work)() for _ in range(3)))
    return found[0] if len(set(found)) == 1 else "mixed"


async def _group(work: Work) -> str:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(asyncio.to_thread(work))
    return task.result()


async def _call(work: Work, schedule: Callable[[Any, Callable[[], None]], object]) -> str:
    loop = asyncio.get_running_loop()
    found: asyncio.Future[str] = loop.create_future()

    def called() -> None:
        thread = loop.run_in_executor(None, contextvars.copy_context().run, work)
        thread.add_done_callback(lambda done: found.set_result(done.result()))

    schedule(loop, called)
    return await found


async def _agenerator(work: Work) -> str:
    async def body() -> AsyncIterator[str]:
        yield await sync_to_async(work)()

    return "".join([part async for part in body()])


async def _sensitive(work: Work) -> str:
    async with ThreadSensitiveContext():
        return await sync_to_async(work, thread_sensitive=True)()


async def _there_and_back(work: Work) -> str:
    async def back() -> str:
        return await sync_to_async(work)()

    return await sync_to_async(async_to_sync(back))()


async def _future(work: Work, threads: ThreadPoolExecutor) -> str:
    return await asyncio.wrap_future(threads.submit(work))


def _generator(work: Work, threads: ThreadPoolExecutor) -> str:
    def body() -> Iterator[str]:
        yield work()

    return threads.submit(next, body()).result()


def _own_pool(work: Work, threads: ThreadPoolExecutor) -> str:
    with TenantThreadPoolExecutor(1) as pool:
        return str(pool.submit(work).result())


def _own_pool_map(work: Work, threads: ThreadPoolExecutor) -> str:
    with TenantThreadPoolExecutor(2) as pool:
        found = set(pool.map(lambda _number: work(), range(4)))
    return found.pop() if len(found) == 1 else "mixed"


def _done_callback(work: Work, threads: ThreadPoolExecutor) -> str:
    found: Future[str] = Future()
    step = threading.Event()
    threads.submit(step.wait, 10).add_done_callback(lambda _done: found.set_result(work()))
    step.set()
    return found.result(10)


def _pooled(work: Work) -> str:
    with ThreadPool(1) as pool:
        return str(pool.apply(work))


def _in_loop_executor(work: Work, pool: ThreadPoolExecutor | None) -> str:
    async def main() -> str:
        return await asyncio.get_running_loop().run_in_executor(pool, work)

    return asyncio.run(main())


def _own_in_loop(work: Work) -> str:
    with TenantThreadPoolExecutor(1) as pool:
        return _in_loop_executor(work, pool)


KEEP: dict[str, Hop] = {
    "same thread": lambda work, _: work(),
    "generator": lambda work, _: "".join(part() for part in [work]),
    "sync_to_async": lambda work, _: _run(work, lambda w: sync_to_async(w)()),
    "sync_to_async, any thread": lambda work, _: _run(
        work, lambda w: sync_to_async(w, thread_sensitive=False)()
    ),
    "sync_to_async in a context": lambda work, _: _run(work, _sensitive),
    "sync_to_async and back": lambda work, _: _run(work, _there_and_back),
    "async_to_sync": lambda work, _: async_to_sync(_atask)(work),
    "asyncio.to_thread": lambda work, _: _run(work, asyncio.to_thread),
    "create_task": lambda work, _: _run(work, _atask),
    "gather": lambda work, _: _run(work, _gathered),
    "TaskGroup": lambda work, _: _run(work, _group),
    "call_soon": lambda work, _: _run(work, lambda w: _call(w, lambda loop, f: loop.call_soon(f))),
    "call_later": lambda work, _: _run(
        work, lambda w: _call(w, lambda loop, f: loop.call_later(0.01, f))
    ),
    "call_soon_threadsafe": lambda work, _: _run(
        work, lambda w: _call(w, lambda loop, f: loop.call_soon_threadsafe(f))
    ),
    "asynchronous generator": lambda work, _: _run(work, _agenerator),
    "copy_context": lambda work, threads: threads.submit(
        contextvars.copy_context().run, work
    ).result(),
    "in_this_scope in a thread": lambda work, _: _thread(
        in_this_scope(work), lambda f: threading.Thread(target=f)
    ),
    "in_this_scope in a pool": lambda work, threads: threads.submit(in_this_scope(work)).result(),
    "tenants' pool": _own_pool,
    "tenants' pool, map": _own_pool_map,
    "tenants' pool, run_in_executor": lambda work, _: _own_in_loop(work),
}

REFUSE: dict[str, Hop] = {
    "thread": lambda work, _: _thread(work, lambda f: threading.Thread(target=f)),
    "timer": lambda work, _: _thread(work, lambda f: threading.Timer(0.01, f)),
    "pool": lambda work, threads: threads.submit(work).result(),
    "pool, map": lambda work, threads: next(iter(threads.map(lambda _number: work(), [1]))),
    "pool, future awaited": lambda work, threads: _run(work, lambda w: _future(w, threads)),
    "pool, done callback": _done_callback,
    "pool, run_in_executor": _in_loop_executor,
    "default pool, run_in_executor": lambda work, _: _in_loop_executor(work, None),
    "generator in a pool": _generator,
    "multiprocessing's thread pool": lambda work, _: _pooled(work),
    "empty context": lambda work, _: contextvars.Context().run(work),
}
