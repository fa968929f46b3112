"""The passwords of ten and more characters that are tried first by whoever guesses. All in lower case."""

COMMON = frozenset(
    """
    0000000000 00000000000 000000000000 0011223344 0102030405 0123456789 0987654321 1010101010 1029384756 1111111111
    11111111111 111111111111 1111122222 1112223334 1122334455 112233445566 1212121212 121212121212 1231231230 1231231234
    123123123123 1234512345 1234554321 1234567890 12345678900 12345678901 123456789012 1234567890a 1234567890q
    123456789a 123456789q 123456789z 1234567891 12345678910 1234567899 12345qwert 123456qwerty 1234qwerasdf 123654789a
    123abc123abc 123qweasdzxc 1357924680 1472583690 147258369a 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc
    2222222222 3333333333 4444444444 5555555555 6666666666 7777777777 8888888888 9876543210 9999999999 999999999999
    a123456789 aa12345678 aaaaaaaaaa abc1234567 abc123abc123 abc123456789 abcd123456 abcd12345678 abcde12345
    abcdef123456 abcdefghij abcdefghijk admin12345 admin123456 administrator adminadmin admin@1234 alexander1 alexandra1
    america123 asdasdasdasd asdf123456 asdfasdfasdf asdfghjkl1 asdfghjkl123 asdfghjkl; asdfqwer1234 azertyuiop
    babygirl123 baseball123 basketball basketball1 beautiful1 blink182blink butterfly1 changeme123 changeme1234
    charlie123 cheesecake chelsea123 chocolate1 christian1 christopher christmas1 computer123 correcthorsebatterystaple
    default123 defaultpassword democracy1 dragon12345 dragonball elephant123 elizabeth1 enterprise facebook123
    football12 football123 forever123 freedom123 friendship friends123 fuckyou123 fuckyou1234 getmein123 google12345
    guest12345 hallo12345 hello12345 hello123456 helloworld helloworld1 iloveyou12 iloveyou123 iloveyou1234 iloveyouso
    internet123 jennifer123 jesuschrist justinbieber killer1234 letmein123 letmein1234 letmeinnow liverpool1
    liverpool123 login12345 lovelovelove loveyou123 manchester manchester1 master1234 master12345 michael123 michelle123
    microsoft1 minecraft1 minecraft123 monkey1234 monkey12345 mypassword mypassword1 nevermind1 newpassword newpassword1
    passphrase passpass123 passw0rd123 passw0rd1234 password00 password01 password10 password11 password12 password123
    password1234 password12345 password123456 password1! password2024 password2025 password2026 password99
    passwordpassword p@ssw0rd123 p@ssword123 pokemon123 princess12 princess123 q1w2e3r4t5 q1w2e3r4t5y6 qazwsx123456
    qazwsxedc1 qazwsxedcrfv qqqqqqqqqq qwe123qwe123 qweasdzxc1 qweasdzxc123 qwer123456 qwer12345678 qwerasdfzxcv
    qwert12345 qwerty1234 qwerty12345 qwerty123456 qwerty123456789 qwertyqwerty qwertyuiop qwertyuiop1 qwertyuiop123
    qwertyuiop[] qwertz12345 qwertzuiop rockyou123 samsung123 secret1234 secretpassword september1 shadow1234 soccer1234
    spiderman1 spiderman123 starwars123 strawberry summer2024 summer2025 summer2026 sunshine12 sunshine123 superman12
    superman123 superstar1 temporary1 test123456 test1234test testing1234 testpassword thisisapassword trustno1234
    universe123 unknown123 user123456 volleyball washington welcome123 welcome1234 welcome2024 welcome2025 welcome2026
    whatever123 winter2024 winter2025 winter2026 xxxxxxxxxx yourpassword zaq12wsxcde3 zaqxswcdevfr zxcvbnm123
    zxcvbnm1234 zxcvbnmasdfghjkl zxcvbnm,./
    """.split()  # noqa: SIM905 - a list would be a line each
)
