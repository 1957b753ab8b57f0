"""Texts that tokenizers may stumble over: for make_tokenizers.py."""
import random
import unicodedata

SENTENCES = """The cat sat on the mat because it was tired.
It's they're I've we'll you'd don't can't 'twas O'Neill's rock'n'roll
All human beings are born free and equal in dignity and rights.
Alle Menschen sind frei und gleich an Würde und Rechten geboren; größer, Straße, ÄÖÜ.
Tous les êtres humains naissent libres et égaux en dignité et en droits. Où çà ? L'été à Noël…
Todos los seres humanos nacen libres e iguales en dignidad y derechos. ¿Cómo estás? ¡Señor!
Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Perché?
Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. İSTANBUL ılık IŞIK
Wszyscy ludzie rodzą się wolni i równi pod względem swej godności. Zażółć gęślą jaźń
Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. Příliš žluťoučký kůň
Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền.
Все люди рождаются свободными и равными в своём достоинстве и правах. Ёлка, съезд
Всі люди народжуються вільними і рівними у своїй гідності та правах. Її ґанок
Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια. ΟΔΥΣΣΕΥΣ ΐ ΰ
Բոլոր մարդիկ ծնվում են ազատ ու հավասար իրենց արժանապատվությամբ։
ყველა ადამიანი იბადება თავისუფალი და თანასწორი. ᲗᲑᲘᲚᲘᲡᲘ
כל בני האדם נולדו בני חורין ושווים בערכם. בְּרֵאשִׁית בָּרָא אֱלֹהִים
يولد جميع الناس أحرارا متساوين في الكرامة والحقوق. بِسْمِ ٱللَّٰهِ ۱۲۳ ١٢٣ لا
تمام لوگ آزاد اور حقوق و عزت کے اعتبار سے برابر پیدا ہوئے ہیں۔
سभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है। क्षत्रिय १२३
সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে। ক্ষ ১২৩
மனிதப் பிறிவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்; ஸ்ரீ கௌ
మానవులందరూ స్వేచ్ఛగా, సమాన గౌరవంతో పుట్టారు. ಎಲ್ಲಾ ಮಾನವರೂ ಸ್ವತಂತ್ರರಾಗಿ
മനുഷ്യരെല്ലാവരും തുല്യാവകാശങ്ങളോടും സ്വാതന്ത്ര്യത്തോടും ജനിച്ചവരാണ്. ංසිංහල ක්‍ෂ
มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ น้ำ ๑๒๓
ມະນຸດທຸກຄົນເກີດມາມີກຽດສັກສີ ម្នុស្សទាំងអស់ កើតមកមានសេរីភាព
လူတိုင်းသည် တူညီလွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့် မွေးဖွားလာသူများ ဖြစ်သည်။
འགྲོ་བ་མིའི་རིགས་རྒྱུད་ཡོངས་ལ་སྐྱེས་ཙམ་ཉིད་ནས་ ཆེ་མཐོངས་
人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心。㐀𠀀豈
人人生而自由,在尊嚴和權利上一律平等。「你好」、《書》
すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。ｶﾀｶﾅ ガギグ ㌔
모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 한글 각
ሁሉም የሰው ልጆች ነጻ ሆነው ተፈጥረዋል። ᏣᎳᎩ ᐃᓄᒃᑎᑐᑦ ᠮᠣᠩᠭᠣᠯ ⵜⵉⴼⵉⵏⴰⵖ
𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝓼𝓬𝓻𝓲𝓹𝓽 ＦＵＬＬＷＩＤＴＨ ①②③ ½ ¼ ² ³ ﬁ ﬂ ŉ Ǆ ǆ ℌ ℵ № ™ ㎏ ㏒ Ⅷ ⅷ ‼ …
https://example.org/a/b?c=d&e=%20f#g user.name+tag@mail.example.co.uk C:\\Users\\x\\file.txt
def f(x: int = 0) -> str:\n\treturn f"{x!r:>{10}}"  # comment\n\n\n\nclass A(B):\n    pass
for(int i=0;i<n;++i){a[i]*=2;}/* ... */ $x = @$y['k'] ?? null; <div class="a">&amp;</div>
1 12 123 1234 12345 1,234,567.89 -3.14e-10 0xDEADBEEF 2024-01-31T23:59:59Z +49 (0)30 1234567
$100 €200 £3 ¥4 ₹5 50% 3°C 5×6÷7=8±9 ∀x∈ℝ: ⌈x⌉ = −⌊−x⌋ ∑∫√∞ ≠≈≤≥ ← → ⇒
Hello!!! What??? No... way—really–yes -- "quoted" ‘single’ “double” «guillemets» (a) [b] {c} `d`
👋 👋🏽 👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇫🇷🇯🇵 👩🏾‍💻 ❤️ ☺︎ 1️⃣ #️⃣ 🧑‍🤝‍🧑 🫠 😀😃😄 ✌🏿 🏴󠁧󠁢󠁥󠁮󠁧󠁿
a\u0301 e\u0301\u0323 o\u0323\u0302 \u0301start q\u0307\u0323 Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031e\u0320\u034dA\u036b\u0357\u0334\u0362\u0335
\u1100\u1161\u11a8 \u1112\u1161\u11ab\u1100\u1173\u11af \uac00\u11a8 \u0344 \u0f73 \u2126 \u212b \u1e9b\u0323 \ufb1d \u0958
zero\u200bwidth\u200cjoiner\u200d\ufeffbom soft\u00adhyphen \u2060 \u202elrm\u202c \u200e\u200f
\x00\x01\x02 nul\x00in \x07bell \x08 \x1b[31mred\x1b[0m \x7f \x80\x85\x9f \ufffd \ufffe \uffff \ue000 \U000f0000
tab\tnewline\nreturn\r\ncr\rvt\x0bff\x0cfs\x1cnel\x85nbsp\xa0ogham\u1680em\u2003ls\u2028ps\u2029nnbsp\u202fmmsp\u205fideo\u3000end
[CLS] [SEP] [MASK] [UNK] [PAD] a[MASK]b [mask] [ MASK ] <s> </s> <unk> <pad> <mask>  <mask>  x<mask>y
<|endoftext|> <|im_start|>user\nHi<|im_end|> <|begin_of_text|>a<0x41><0xFF> ▁▁a ▁ Ġ Ċ ## ##ing a##b
yesterday Yesterday YESTERDAY yesterdays, "yesterday". new york New York  new  york tomorrow-ish ｔｏｍｏｒｒｏｗ""".split("\n")
SENTENCES = [s for s in SENTENCES if s.strip()]

SCRIPTS = [(0x20, 0x7E), (0xA0, 0x24F), (0x250, 0x36F), (0x370, 0x52F), (0x530, 0x6FF), (0x700, 0x97F), (0x980, 0xBFF),
           (0xC00, 0xDFF), (0xE00, 0x109F), (0x10A0, 0x13FF), (0x1400, 0x18AF), (0x1900, 0x1CFF), (0x1D00, 0x1FFF),
           (0x2000, 0x218F), (0x2190, 0x27BF), (0x2800, 0x2DFF), (0x2E00, 0x312F), (0x3130, 0x33FF), (0x3400, 0x9FFF),
           (0xA000, 0xABFF), (0xAC00, 0xD7FF), (0xE000, 0xFAFF), (0xFB00, 0xFFFF), (0x10000, 0x107FF),
           (0x10800, 0x11FFF), (0x12000, 0x1CFFF), (0x1D000, 0x1EFFF), (0x1F000, 0x1FAFF), (0x20000, 0x2FFFF),
           (0x30000, 0x323AF), (0xE0000, 0xE01EF)]
MARKS = [c for c in map(chr, range(0x300, 0x20000)) if unicodedata.category(c).startswith("M")]
SPACES = " \t\n\r\x0b\x0c\x85\xa0\u1680\u2000\u2003\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
EMOJI = "👋👨👩👧🏳🌈❤☺✌🧑🤝🚀😀🫠🇩🇪🇫🇷" + "\u200d\ufe0f\u20e3🏽🏿"
PIECES = ["'s", "'re", "n't", "##", "▁", "Ġ", "[MASK]", "<mask>", "<s>", "</s>", "<unk>", "<0x0A>", "...", "---", "!!",
          "the", "The", "ing", "yesterday", "12345", "3.14", "\r\n", "\n\n", "  ", "é", "e\u0301", "ß", "İ", "ﬁ", "½", "\u200b"]


def assigned(code):
    """Characters whose class no later version of Unicode has changed; Python's tables end at Unicode 14 or later."""
    return not 0xD800 <= code <= 0xDFFF and unicodedata.category(chr(code)) != "Cn"


def words(draw, low, high):
    pool = [c for c in range(low, high + 1) if assigned(c)]
    make = lambda: "".join(chr(draw.choice(pool)) for _ in range(draw.randint(1, 9)))
    return draw.choice([" ", " ", "", "  ", "\n"]).join(make() for _ in range(draw.randint(1, 6)))


def mixed(draw):
    kinds = [lambda: draw.choice(PIECES), lambda: draw.choice(SPACES), lambda: draw.choice(MARKS),
             lambda: draw.choice(EMOJI), lambda: chr(draw.randrange(0x20, 0x7F)), lambda: draw.choice(SENTENCES).split()[0],
             lambda: words(draw, *draw.choice(SCRIPTS))]
    return "".join(draw.choice(kinds)() for _ in range(draw.randint(1, 14)))


def changed(draw):
    text = list(draw.choice(SENTENCES))
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(text) + 1)
        text[at:at + draw.randrange(3)] = draw.choice(PIECES + [draw.choice(MARKS), draw.choice(SPACES), draw.choice(EMOJI)])
    return "".join(text)[:draw.choice([20, 60, 1000])]


def cased(draw):
    text = draw.choice(SENTENCES)
    return draw.choice([text.upper(), text.lower(), text.title(), text.swapcase(), text.replace(" ", ""), " " + text,
                        text + " ", "  " + text + "  ", "\n" + text, text[::-1]])


def make_texts(count):
    draw = random.Random(20240607)
    texts = ["", " ", "  ", "\t", "\n", " \n ", "\u3000", "\u200b", "\x00", "\u0301", "\ufeff", "a", " a", "a ", "é", "👋", "#",
             "a" * 100, "a" * 101, "ab" * 400, "é" * 120, "中" * 130, "1" * 200, "!" * 150, " " * 100 + "x", "x" + " " * 100,
             "\n" * 60, "👨‍👩‍👧‍👦" * 30, "e" + "\u0301" * 80, "-" * 70 + ">", "a b " * 60]
    texts += SENTENCES
    makers = [mixed, mixed, changed, changed, cased, lambda d: words(d, *d.choice(SCRIPTS)), lambda d: words(d, *d.choice(SCRIPTS))]
    seen = set(texts)
    while len(texts) < count:
        text = draw.choice(makers)(draw)
        if text not in seen and all(assigned(ord(c)) or ord(c) in (0xFFFE, 0xFFFF) for c in text):
            seen.add(text)
            texts.append(text)
    return texts[:count]
