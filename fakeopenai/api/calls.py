"""Calls: what can be done with a phone call or a browser's call, alike in the Realtime and the Live API."""

from __future__ import annotations

from dataclasses import dataclass

from fakeopenai.errors import ApiError, invalid
from fakeopenai.ids import Names
from fakeopenai.wire import Call, Object, Reply

ALLOWED = {"accept": {"ringing"}, "reject": {"ringing"}, "refer": {"active"}, "hangup": {"ringing", "active"}}
BECOMES = {"accept": "active", "reject": "rejected", "refer": "referred", "hangup": "ended"}


@dataclass(frozen=True)
class Line:
    """The calls of one API. `key` is their id in the path; an id with this `prefix` that nobody has seen rings."""

    drawer: str
    key: str
    prefix: str

    def find(self, call: Call) -> Object:
        id = call.path[self.key]
        found = call.world.drawer(self.drawer).get(id)
        if found is None and id.startswith(self.prefix):
            return {"id": id, "status": "ringing"}
        if found is None or found["status"] in {"ended", "rejected", "referred"}:
            raise ApiError(404, f"No call found with id '{id}'.")
        return found

    def act(self, call: Call) -> Reply:
        """Do to a call what the last word of the path says."""
        deed = call.request.path.rpartition("/")[2]
        item = self.find(call)
        if item["status"] not in ALLOWED[deed]:
            raise invalid(f"Cannot {deed} call '{item['id']}': it is {item['status']}.")
        self.put(call, item | {"status": BECOMES[deed]} | ({"session": dict(call.body)} if deed == "accept" else {}))
        return Reply(status=200, body=b"")

    def put(self, call: Call, item: Object) -> None:
        call.world.drawer(self.drawer).put(item)


def answered(offer: str, names: Names) -> str:
    """The SDP answer to an offer: each of its media taken, by a server that nobody can reach."""
    sections = offer.replace("\r\n", "\n").split("\nm=")[1:]
    if not offer.startswith("v=0") or not sections:
        raise invalid("Failed to parse the SDP offer.", "sdp", "invalid_value")
    mids = [next((line[6:] for line in lines.split("\n") if line.startswith("a=mid:")), "0") for lines in sections]
    fingerprint = names.hex(64, "fingerprint").upper()
    lines = [
        "v=0",
        f"o=- {10**18 + names.number(9 * 10**18, 'origin')} {int(names.now)} IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=msid-semantic:WMS *",
        f"a=fingerprint:sha-256 {':'.join(fingerprint[at : at + 2] for at in range(0, 64, 2))}",
        "a=ice-lite",
        f"a=group:BUNDLE {' '.join(mids)}",
    ]
    credentials = [f"a=ice-ufrag:{names.b62(14, 'ufrag')}", f"a=ice-pwd:{names.b62(32, 'pwd')}"]
    for mid, section in zip(mids, sections, strict=True):
        media = _audio(names) if section.startswith("audio") else DATA
        lines += [media[0], "c=IN IP4 0.0.0.0", "a=setup:active", f"a=mid:{mid}", *credentials, *media[1:]]
    return "\r\n".join([*lines, ""])


DATA = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=sendrecv", "a=sctp-port:5000"]


def _audio(names: Names) -> list[str]:
    ssrc = names.number(2**32, "ssrc")
    return [
        "m=audio 9 UDP/TLS/RTP/SAVPF 96 0 8",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        "a=rtpmap:96 opus/48000/2",
        "a=fmtp:96 minptime=10;useinbandfec=1",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        f"a=ssrc:{ssrc} cname:realtimeapi",
        f"a=ssrc:{ssrc} msid:realtimeapi audio",
        "a=sendrecv",
        "a=candidate:1 1 udp 2130706431 127.0.0.1 3478 typ host",
        "a=end-of-candidates",
    ]
