"""Which encoding is a text in? Ours against `charset-normalizer`, on texts of three lengths.

    python -m benchmarks.charsets

A text counts as right if it decodes to itself, whatever the encoding is called. `charset-normalizer` is compared where
it is installed.
"""

import time
from collections import defaultdict
from collections.abc import Callable

from citewell.ingestion.charset import decode_text

TEXTS = {
    ("cp1252", "iso8859-15", "cp850", "mac_roman"): (
        "Größere Züge fahren über Köln nach Österreich. Die Preise für Getränke gelten ab März, wie üblich.",
        "L’été dernier, la société a réglé ses dettes à Orléans. Où est passé le garçon de café?",
        "El señor Muñoz pagó la cuenta de la compañía en España. ¿Cuándo llegará el camión mañana?",
        "A reunião começa às três horas. Não há informações sobre a situação econômica da região.",
        "Färjan till Åland går på lördag. Kära vänner, vi ses på ön när våren kommer.",
        "Rødgrød med fløde er på menuen. Prisen på smør er højere end sidste år i København.",
        "La città è più bella perché è così antica. Il caffè costa già troppo.",
    ),
    ("cp1250", "iso8859-2", "cp852"): (
        "Příliš žluťoučký kůň úpěl ďábelské ódy. Smlouva je platná od prvního září a končí v říjnu.",
        "Zażółć gęślą jaźń. Umowa wchodzi w życie w dniu podpisania przez obie strony.",
        "Árvíztűrő tükörfúrógép. A szerződés az aláírás napján lép hatályba és öt évig érvényes.",
        "Zmluvné strany sa dohodli na dodávke pšenice. Kúpna cena je splatná do tridsiatich dní.",
    ),
    ("cp1254", "cp857"): (
        "Şirket için görüşme yapıldı ve çok güçlü bir iş birliği kuruldu. Ödeme otuz gün içinde yapılacaktır.",
    ),
    ("cp1257", "iso8859-13"): (
        "Šalys susitarė dėl kviečių tiekimo. Mokėjimas turi būti atliktas per trisdešimt dienų.",
        "Puses vienojās par kviešu piegādi. Maksājums jāveic trīsdesmit dienu laikā.",
    ),
    ("cp1251", "koi8_r", "cp866", "iso8859-5", "mac_cyrillic"): (
        "Стороны договорились о поставке пшеницы. Оплата производится в течение тридцати дней.",
        "Договор вступает в силу с момента подписания. Цена указана в рублях.",
    ),
    ("cp1253", "iso8859-7", "cp737"): (
        "Οι συμβαλλόμενοι συμφώνησαν για την παράδοση. Η πληρωμή γίνεται εντός τριάντα ημερών.",
    ),
    ("cp1255", "iso8859-8", "cp862"): ("הצדדים הסכימו על אספקת החיטה במועד שנקבע. התשלום יבוצע תוך שלושים יום.",),
    ("cp1256", "iso8859-6"): ("اتفق الطرفان على تسليم القمح في الموعد المحدد. يتم الدفع خلال ثلاثين يوما.",),
    ("cp874",): ("คู่สัญญาตกลงส่งมอบข้าวตามกำหนดและชำระเงินครบถ้วน ราคาข้าวสามสิบบาทต่อกิโลกรัม",),
    ("cp932", "euc_jp"): ("契約書は三月一日に発効する。代金は三十日以内に支払うものとする。",
        "鈴木一郎、東京都品川区。電話番号は下記の通り。"),
    ("gb18030",): ("合同自签字之日起生效。货款应在三十天内支付。", "王伟，北京市朝阳区，电话号码如下。"),
    ("big5hkscs",): ("契約自簽字之日起生效。貨款應在三十天內支付。", "陳大文，臺北市，電話號碼如下。"),
    ("cp949",): ("계약은 서명한 날부터 효력이 발생한다. 대금은 삼십일 이내에 지급한다.",
        "김철수, 서울시 강남구. 전화번호는 아래와 같다."),
}  # fmt: skip


def lengths(text: str) -> dict[str, str]:
    """The whole text, its first sentence, and about its first twelve characters."""
    sentence = text.replace("。", ". ").split(". ")[0]
    return {"two sentences": text, "one sentence": sentence, "12 characters": text[:12]}


def normalizer() -> Callable[[bytes], str] | None:
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        return None

    def decode(data: bytes) -> str:
        best = from_bytes(data).best()
        return str(best) if best is not None else ""

    return decode


def main() -> None:
    decoders: dict[str, Callable[[bytes], str]] = {"citewell": decode_text}
    if (other := normalizer()) is not None:
        decoders["charset-normalizer"] = other
    right: dict[tuple[str, str], int] = defaultdict(int)
    total: dict[str, int] = defaultdict(int)
    wrong: dict[str, list[str]] = defaultdict(list)
    seconds: dict[str, float] = defaultdict(float)
    for encodings, texts in TEXTS.items():
        for text in texts:
            for length, part in lengths(text).items():
                for encoding in encodings:
                    data = part.encode(encoding, errors="ignore")
                    expected = data.decode(encoding)
                    if expected.isascii():
                        continue
                    total[length] += 1
                    for name, decode in decoders.items():
                        start = time.perf_counter()
                        decoded = decode(data)
                        seconds[name] += time.perf_counter() - start
                        if decoded == expected:
                            right[name, length] += 1
                        else:
                            wrong[name].append(f"{encoding}: {expected[:20]!r} as {decoded[:20]!r}")
    count = sum(total.values())
    print(f"| decoder | {' | '.join(f'{length} ({total[length]})' for length in total)} | ms a text |")
    print("|---|" + "---|" * (len(total) + 1))
    for name in decoders:
        shares = " | ".join(f"{right[name, length] / total[length]:.0%}" for length in total)
        print(f"| {name} | {shares} | {1000 * seconds[name] / count:.2f} |")
    print("\nWrong by citewell:")
    print("\n".join(f"- {line}" for line in wrong["citewell"]))


if __name__ == "__main__":
    main()
