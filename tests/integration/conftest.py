"""These tests talk to servers of their own on loopback, and to nothing else."""

from pytest_socket import socket_allow_hosts


def pytest_runtest_setup() -> None:
    socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)
