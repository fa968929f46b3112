"""The most common words of each language. Queries leave them out, and language detection counts them."""

_WORDS = {
    "ca": "el la els les un una uns unes i o de del dels a al als en per amb que no és són va ha han es seva seu més "
    "com però aquest aquesta entre fins quan on també molt qui què quin quina",
    "cs": "a i o u k v z s na do od po za ve se si je jsou byl byla bylo jako ale že který která které co kdo kde kdy "
    "jak není nebo pro při podle také jeho její aby tak už ze jaký jaká",
    "da": "og i at det er en et til på af for med den der som de har ikke var fra ved om men kan vil blev blive sig "
    "efter eller også hvad hvem hvor hvornår hvilken hvilke deres hans",
    "de": "der die das den dem des ein eine einer eines einem einen und oder in im an am auf aus bei mit nach von vom "
    "zu zum zur für über unter ist sind war waren wird werden wurde wurden hat haben hatte nicht auch sich als "
    "wie was wer wo wann warum welche welcher welches welchen welchem es er sie wir ich dass durch um nur noch so "
    "kann man aber",
    "en": "the a an and or of in on at to from by for with as is are was were be been being has have had do does did "
    "not it its this that these those which who whom whose what when where why how he she they we you i his her "
    "their our your but if than then there into can could would should will may about between many much",
    "eo": "la kaj de en al estas estis kiu kiuj kio ke ne por kun sed aŭ pli ol tiu tio ĝi li ŝi ili oni per el pri "
    "kiel kie kiam",
    "es": "el la los las un una unos unas y o de del a al en por para con sin que no es son fue fueron ser ha han su "
    "sus se lo le les más como pero este esta estos estas entre hasta cuando donde también muy qué quién cuál "
    "cuándo dónde cómo cuántos cuántas cuánto cuáles quiénes sobre desde",
    "et": "ja on ei see et ta oli kui ka aga mis kes kus millal oma ning või nad selle mida seda tema välja üle kas "
    "pärast",
    "eu": "eta da du zen ez bat dira ere baina zuen hau hori izan dute den edo zer nor non noiz zein egin beste",
    "fi": "ja on ei oli se että hän ovat mutta kun myös tai joka jotka sen mikä kuka missä milloin kuinka ole olivat "
    "mukaan sekä kuin niin vuonna",
    "fr": "le la les un une des du de et ou à au aux en dans par pour avec sans sur que qui quoi ne pas est sont était "
    "étaient être a ont ce cet cette ces il elle ils elles on nous vous je se sa son ses leur leurs plus comme "
    "mais quel quelle quels quelles quand où comment pourquoi été entre",
    "ga": "an na agus is ar i le do go a bhí atá ní don sa ag de ó seo sin é sí siad faoi cad cé conas nuair",
    "hu": "a az és egy hogy nem is van volt ez azt mint de meg ki mi mely vagy csak már még el kell után szerint ami "
    "aki hol mikor mennyi melyik",
    "id": "yang dan di ke dari untuk dengan pada adalah ini itu tidak dalam oleh sebagai akan atau juga telah dapat "
    "mereka apa siapa kapan berapa bagaimana",
    "it": "il lo la i gli le un uno una e o di del dello della dei degli delle a al allo alla ai agli alle da dal "
    "dalla in nel nella nei con su sul per che non è sono era erano essere ha hanno si suo sua più come ma questo "
    "questa tra fra quando dove chi cosa quale quali anche",
    "lt": "ir yra kad į su iš ne tai buvo kaip bet o ar už po apie nuo kuris kuri kas kada kur taip pat jo jos tik dėl",
    "nl": "de het een en of van in op te aan met voor naar uit bij door over is zijn was waren wordt worden werd niet "
    "ook dat die dit deze er als maar om nog wel wat wie waar wanneer hoe welke heeft hebben had kan zich hij zij",
    "no": "og i at det er en et til på av for med den der som de har ikke var fra ved om men kan vil ble bli seg etter "
    "eller også hva hvem hvor når hvilken hvilke hvordan deres hans",
    "pl": "i w z na do od po za ze się nie jest są był była było jak ale że który która które co kto gdzie kiedy oraz "
    "dla przez przy lub jego jej także ich może czy jaki jaka jakie",
    "pt": "o a os as um uma uns umas e ou de do da dos das em no na nos nas por pelo pela para com sem que não é são "
    "foi foram ser tem têm seu sua se mais como mas este esta entre até quando onde também quem qual quais ao aos",
    "ro": "și în de la cu pe un o este sunt a au că nu din pentru care ce mai fost sau prin dar după cel cea cine când "
    "unde cum al ale lui sa său",
    "st": "ke le ba ho ea oa tsa ya wa mme hore ka ha e se bo sa la hae hona empa kapa",
    "sv": "och i att det är en ett till på av för med den som de har inte var från vid om men kan vill blev bli sig "
    "efter eller också vad vem var när vilken vilka hur deras hans",
    "tr": "ve bir bu da de için ile olarak olan çok ne en daha gibi kadar sonra ise ya mi mı değil var hangi kim nasıl "
    "nerede oldu idi tarafından onun",
    "ru": "и в не на что с по как это к из а от за для о у же он она они его её но был была было были или так который "
    "которая которые где когда кто какой какая какие при до также может",
    "uk": "і й та в у не на що з по як це до із а від за для о він вона вони його її але був була було були або так "
    "який яка які де коли хто при також може є",
    "bg": "и в не на че с по като това до от за да се е са той тя те му но беше бяха или така който която които къде "
    "кога кой какво при също може ще",
    "sr": "и у не на да са по као то је су од за се се он она они али био била било или који која које где када ко "
    "шта при такође може",
    "el": "ο η το οι τα του της των τον την και να με σε από για που δεν είναι ήταν θα στο στη στην στον ως αλλά ή "
    "τι ποιος ποια πότε πού πώς",
    "ar": "في من على إلى أن هذا هذه التي الذي كان كانت لا ما هو هي مع عن أو و قد بعد كل بين ماذا متى أين كيف",
    "fa": "و در به از که این است را با برای آن یک های می بود شد تا بر هم نیز یا اما چه کجا چگونه",
    "hi": "के में की है और से को का एक पर हैं यह था थी थे ने नहीं भी कि जो लिए या तो वह क्या कौन कब कहाँ किस",
    "ne": "को मा र छ हो यो एक पनि भने गर्न थियो छन् लागि बाट ले लाई तथा के कुन कहिले",
}

STOP_WORDS: dict[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _WORDS.items()}
