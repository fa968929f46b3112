"""Text files of programs: contacts, subtitles, notebooks, XML, LaTeX, reStructuredText, AsciiDoc, Org and code."""

from tests.cases.case import Case

CONTACTS = r"""BEGIN:VCARD
VERSION:3.0
N:Ott;Maria;;Dr.;
FN:Dr. Maria Ott
ORG:Example Mills GmbH;Quality
TITLE:Head of Quality
TEL;TYPE=WORK,VOICE:+49 40 1234567
TEL;TYPE=CELL:+49 170 7654321
EMAIL;TYPE=INTERNET:maria.ott@example.org
ADR;TYPE=WORK:;;Hafenstraße 4;Hamburg;;20457;Germany
NOTE:Prefers mail.\nOn leave in August.
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////
 ////////////////////////////////////////////////////////
END:VCARD
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg M=C3=BCller
TEL;WORK:040 999
END:VCARD
"""
TALK = r"""WEBVTT

NOTE made by a meeting program

1
00:00:01.000 --> 00:00:04.000 align:start
<v Maria Ott>Good morning, shall we begin with the budget?

2
00:00:04.500 --> 00:00:08.000
<v Jörg Müller>Yes. The budget is 40,000 euros.</v>

3
00:00:08.500 --> 00:00:12.000
<v Jörg Müller>We spent 12,000 so far.
"""
FILM = r"""1
00:00:01,000 --> 00:00:04,000
<i>Welcome to the mill.</i>

2
00:00:04,500 --> 00:00:08,000
Today we look at the
new rye line.

3
00:00:09,000 --> 00:00:12,000
- Is it fast?
- Very.
"""
ARTICLE = r"""\documentclass{article}
\usepackage{booktabs}
\title{The Rye Mill}
\author{M. Ott}
\begin{document}
\maketitle
% a comment
\begin{abstract}We report on rye.\end{abstract}
\section{Introduction}\label{sec:intro}
The mill grinds \emph{rye} and oats~\cite{ott2020}, see Section~\ref{sec:res}. It costs 40\,\% less.
\subsection{Methods}
\begin{itemize}
\item Weigh the sacks.
\item Grind twice.
\end{itemize}
\section{Results}
\begin{table}\caption{Yields}
\begin{tabular}{lrr}\toprule
Mill & 2030 & 2031 \\ \midrule
Alpha & 5.1 & 6.2 \\
Beta & 8.0 & 9.1 \\ \bottomrule
\end{tabular}\end{table}
The loss is $x^2 + 3$.
\end{document}
"""
MANUAL = r"""==============
The Rye Mill
==============

:Author: M. Ott

Introduction
============

The mill grinds *rye* and ``oats``.

Methods
-------

* Weigh the sacks.
* Grind twice.

.. note:: Beware of dust.

=====  ====
Mill   Tons
=====  ====
Alpha  5.1
Beta   8.0
=====  ====

+-------+------+
| Mill  | Tons |
+=======+======+
| Gamma | 7.7  |
+-------+------+

.. code-block:: python

   grind(1)

Results
=======

Good.
"""
GUIDE = r"""= The Rye Mill
M. Ott <ott@example.org>
:toc:

Preamble text.

== Introduction

The mill grinds *rye*.

=== Methods

* Weigh the sacks.

|===
|Mill |Tons

|Alpha
|5.1

|Beta |8.0
|===

[source,python]
----
grind(1)
----

== Results

Good.
"""
OUTLINE = r"""#+TITLE: The Rye Mill
#+AUTHOR: M. Ott
* Introduction
The mill grinds /rye/.
** TODO Methods                                               :work:
   :PROPERTIES:
   :ID: 123
   :END:
- Weigh the sacks.
| Mill  | Tons |
|-------+------|
| Alpha |  5.1 |
#+BEGIN_SRC python
grind(1)
#+END_SRC
* Results
Good.
"""
CATALOGUE = r"""<?xml version="1.0" encoding="UTF-8"?>
<catalogue xmlns="urn:x"><!-- internal -->
  <part id="A-1"><name>Pipe clamp</name><price currency="EUR">86.50</price></part>
  <part id="A-2"><name>Gate &amp; hinge</name><price currency="EUR">4.10</price></part>
  <note>Prices hold until <b>May</b>.</note>
</catalogue>
"""
PROGRAM = r'''"""Grinds rye."""


def grind(sacks: int) -> float:
    """Return tons."""

    # weigh
    return sacks * 0.05


class Mill:
    name = "Alpha"

    def stop(self) -> None:
        pass
'''
BOOK = """<?xml version="1.0"?><book xmlns="http://docbook.org/ns/docbook"><title>The mill</title><chapter><title>Rye</title>
<para>Grind it <emphasis>twice</emphasis>.</para><itemizedlist><listitem><para>Weigh it.</para></listitem></itemizedlist>
<informaltable><tgroup><tbody><row><entry>Alpha</entry><entry>5.1</entry></row></tbody></tgroup></informaltable>
<programlisting>grind(1)
  stop()</programlisting></chapter></book>"""
DRAWING = """<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0L9 9"/><g><text x="1">Mill <tspan>Alpha</tspan></text></g></svg>"""
NOTEBOOK = r"""{"cells":[{"cell_type":"markdown","metadata":{},"source":["# The Rye Mill\n","\n","We grind rye."]},{"cell_type":"code","execution_count":1,"metadata":{},"outputs":[{"name":"stdout","output_type":"stream","text":["5.1 tons\n"]},{"data":{"image/png":"iVBORw0KGgoAAAANSUhEUgAA","text/plain":["<Figure size 640x480>"]},"metadata":{},"output_type":"display_data"},{"data":{"text/html":["<table><tr><th>Mill</th><th>Tons</th></tr><tr><td>Alpha</td><td>5.1</td></tr></table>"],"text/plain":["   Mill Tons\n","0 Alpha 5.1"]},"execution_count":1,"metadata":{},"output_type":"execute_result"}],"source":["grind(1)\n","print(\"5.1 tons\")"]},{"cell_type":"markdown","metadata":{},"source":"## Results\nGood."}],"metadata":{"kernelspec":{"name":"python3"}},"nbformat":4,"nbformat_minor":5}"""

CASES = [
    Case("team.vcf", CONTACTS.encode(), "H Dr. Maria Ott\nH Jörg Müller\n+ Telephone (mobile): +49 170 7654321\n+ Address (work): Hafenstraße 4, Hamburg, 20457, Germany\n+ Organisation: Example Mills GmbH, Quality\n- 9j/4\n- VCARD\nN 4"),
    Case("talk.vtt", TALK.encode(), "+ Jörg Müller: Yes. The budget is 40,000 euros. We spent 12,000 so far.\n- -->\n- <v\n@ 00:00:04 => 40,000 euros\nN 2"),
    Case("film.srt", FILM.encode(), "+ Welcome to the mill. Today we look at the new rye line.\n- -->\n- <i>\n@ 00:00:01 => rye line"),
    Case("article.tex", ARTICLE.encode(), "H The Rye Mill\nH Introduction\nH Methods\n+ The mill grinds rye and oats [ott2020], see Section [sec:res]. It costs 40 % less.\n+ - Grind twice.\nT Mill | 2030 | 2031\nT Beta | 8.0 | 9.1\n+ $x^2 + 3$\n- toprule\n- comment\n- booktabs"),
    Case("manual.rst", MANUAL.encode(), "H The Rye Mill\nH Methods\nH Results\nT Mill | Tons\nT Alpha | 5.1\nT Gamma | 7.7\n- ===\n- ---\n+ grind(1)"),
    Case("guide.adoc", GUIDE.encode(), "H The Rye Mill\nH Introduction\nH Methods\nT Mill | Tons\nT Alpha | 5.1\nT Beta | 8.0\n+ grind(1)\n- |===\n- ----\n- :toc:"),
    Case("outline.org", OUTLINE.encode(), "H The Rye Mill\nH Introduction\nH Methods\n- H TODO\n- H work\nT Mill | Tons\nT Alpha | 5.1\n- PROPERTIES\n- BEGIN_SRC\n+ grind(1)"),
    Case("study.ipynb", NOTEBOOK.encode(), "H The Rye Mill\nH Results\n+ grind(1)\n+ 5.1 tons\nT Mill | Tons\nT Alpha | 5.1\n- iVBOR\n- Figure size\n- cell_type"),
    Case("catalogue.xml", CATALOGUE.encode(), "T id | name | price\nT A-2 | Gate & hinge | 4.10 (currency: EUR)\n+ Prices hold until May.\n- <part\n- internal"),
    Case("book.xml", BOOK.encode(), "H The mill\nH Rye\n+ Grind it twice.\nT Alpha | 5.1\n+ Weigh it.\n- <para\n- para:"),
    Case("plan.svg", DRAWING.encode(), "+ Mill Alpha\n- M0 0L9 9\nN 1"),
    Case("broken.xml", b"<?xml version='1.0'?><mill><name>Alpha</mill>", "+ Alpha"),
    Case("program.py", PROGRAM.encode(), "+ # weigh return sacks * 0.05\nN 3"),
]  # fmt: skip
