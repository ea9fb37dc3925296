/* words.c: words that say nothing, that say the same, and that turn the meaning of a question around: data, and looking it up.
 *
 * A row is a kind and items with blanks between; an item is words that count as one, with '=' between; '_' is a blank between two words of
 * one. English in lower case without apostrophes, Chinese as it is written. The first row that names a word counts.
 */
#include "text.h"

#include <pthread.h>

static const struct row {
    token_kind kind;
    const char *items;
} ROWS[] = {
    /* The longer one of two counts: "what can I do" is no filler, though "can I" is one. */
    {TOKEN_SAME, "to_do=can_i_do=can_you_do=can_we_do=should_i_do=what_can_i_do=what_should_i_do=what_do_i_do=怎么办=做什么 "
                 "how_is=how_are=怎么样=如何了 "
                 "你=您=你们 我=我们 非常=很 特别 分别 性别 级别 类别 别人=其他人 前端 后端 后台 前台 无线 无锡 不错 一般"},
    /* Politeness, and ways to begin: they ask for nothing. */
    {TOKEN_FILLER,
     "please kindly could_you can_you would_you will_you tell_me show_me let_me_know do_you_know i_want_to i_would_like_to id_like_to "
     "i_need_to i_wish_to how_to want_to like_to need_to able_to possible_to way_to ways_to have_to going_to trying_to in_order_to "
     "what_is_the_way_to whats_the_way_to what_is_the_best_way_to whats_the_best_way_to is_there_a_way_to is_it_possible_to "
     "how_should_i how_can_i how_do_i how_would_i how_could_i can_i do_i what_do_i_have_to_do explain describe define "
     "give_me give do_you_have do_you_offer is_there are_there hello hi hey thanks thank_you for_me"},
    {TOKEN_FILLER, "the a an of for in on at with about and is are be been being am do does i my we our its this that there "
                   "how what which whats can could would some any so just also really then id im ca wo as calculate compute between would"},
    {TOKEN_FILLER, "请问 请 一下 一下子 麻烦 帮我 帮忙 给我 我想 我要 想要 怎么 如何 怎样 吗 呢 吧 啊 呀 了 的 地 得 是 有 个 什么 哪些 "
                   "哪个 可以 可不可以 能 "
                   "能不能 能否 是否 有没有 应该 需要 会 在 和 与 以及 关于 把 将 介绍 解释 说明 告诉我 为我 替我 都 也 就 "
                   "应该怎么操作 怎么操作 "
                   "方法 办法 步骤 要 好的 操作 计算 等于 不好意思 没关系 在哪里可以=在哪里能"},
    /* Not, and what it is about. */
    {TOKEN_DIRECTION, "not=no=never=none=nor=neither=cannot=isnt=dont=不=没=没有=未=别=勿=非=无=不是=不能=不可以=不可=不会=不要=不用="
                      "不需要=无法 without=除了=除 except=but "
                      "unless=除非"},
    {TOKEN_MARK, "hardly=rarely=seldom only=只=仅=只有 even all=every=each=所有=全部=每 both either if=如果 instead=rather unsafe "
                 "illegal=非法 legal=合法 "
                 "informal=非正式 formal=正式 impossible=不可能 unable incorrect=wrong=错误 correct=right=正确 invalid=无效 valid=有效 "
                 "unlike dislike unlimited=无限 "
                 "unknown=未知 unpaid unopened unapproved approved nonmagnetic"},
    /* What kind of answer is wanted. */
    {TOKEN_ASKED, "when=in_which_year=in_what_year=what_year=which_year=什么时候=何时=哪一年=哪年=几时 what_time=几点 "
                  "where=哪里=哪儿=何处=在哪里=在哪儿=在哪=哪座城市=在哪个城市 "
                  "who=whom=谁 whose=谁的 why=为什么=为何=为啥 how_many=多少=几个=有多少 how_much=多少钱 how_long=多久=多长时间=多长 "
                  "how_often=多久一次 how_far=多远 how_old=多大 how_big "
                  "how_tall=height=多高=有多高=高度=高度是多少 how_fast=多快 how_heavy=多重 worth=值得"},
    /* Whether it was, is or will be. */
    {TOKEN_FLAG, "was=were=did=had=used_to=曾经=曾=过去 will=shall=gonna=将来=将会=未来 已=已经 still=还=仍=仍然 yet ever"},
    /* From where to where, than what, by whom: what follows counts. */
    {TOKEN_DIRECTION, "to=into=onto=换成=转成=转换成=转为=转换为=变成=改成=翻译成=译成=翻译为=到=迁移到 from=从=来自 than=比 over under "
                      "by=被 versus=vs minus=减 "
                      "divided_by=除以 给=向 before=prior_to=前=之前=以前 after=后=之后=以后 against"},
    /* Numbers and order. */
    {TOKEN_MARK, "zero=零 one two=二=两 three=三 four=四 five=五 six=六 seven=七 eight=八 nine=九 ten=十 eleven=十一 twelve=十二 "
                 "twenty=二十 thirty=三十 fifty=五十 "
                 "hundred=百=一百 thousand=千=一千 万 million=百万 billion=十亿 亿 half=半=一半 double=两倍 triple=三倍 quarter once twice "
                 "first=第一 second=第二 third=第三 "
                 "fourth=第四 fifth=第五 last=最后 next=下一个 previous=上一个=上一次=上次"},
    /* When. */
    {TOKEN_MARK,
     "monday=mon=周一=星期一=礼拜一 tuesday=tue=周二=星期二=礼拜二 wednesday=wed=周三=星期三=礼拜三 thursday=thu=周四=星期四=礼拜四 "
     "friday=fri=周五=星期五=礼拜五 saturday=sat=周六=星期六=礼拜六 sunday=周日=星期日=周天=星期天=礼拜天 weekday=工作日 weekend=周末 "
     "january=jan=一月 february=feb=二月 march=三月 april=apr=四月 五月 june=jun=六月 july=jul=七月 august=aug=八月 september=sep=九月 "
     "october=oct=十月 november=nov=十一月 december=dec=十二月 spring=春天=春季 summer=夏天=夏季 autumn=fall=秋天=秋季 winter=冬天=冬季"},
    {TOKEN_MARK, "today=今天=今日 tonight=今晚 tomorrow=明天=明日 yesterday=昨天=昨日 后天 前天 now=currently=现在=目前 "
                 "this_week=本周=这周 last_week=上周 next_week=下周 "
                 "this_month=本月=这个月 last_month=上个月=上月 next_month=下个月=下月 this_year=今年 last_year=去年 next_year=明年 前年 "
                 "后年 morning=早上=早晨=上午 "
                 "noon=中午 afternoon=下午 evening=晚上=傍晚 night=夜里=夜晚 am pm ago early=earlier late=later "
                 "daily=per_day=a_day=each_day=every_day=每天=一天 "
                 "weekly=per_week=a_week=每周 monthly=per_month=a_month=每月 yearly=per_year=a_year=每年 while during since until=till"},
    /* Languages and money. */
    {TOKEN_MARK, "english=英语=英文 chinese=中文=汉语=普通话 french=法语=法文 german=德语=德文 spanish=西班牙语 italian=意大利语 "
                 "portuguese=葡萄牙语 russian=俄语=俄文 "
                 "japanese=日语=日文 korean=韩语=韩文 arabic=阿拉伯语 hindi=印地语 dutch=荷兰语 polish=波兰语 turkish=土耳其语 "
                 "vietnamese=越南语 thai=泰语 latin=拉丁语 "
                 "greek=希腊语 cantonese=粤语"},
    {TOKEN_MARK, "usd=dollar=dollars=美元=美金 eur=euro=euros=欧元 gbp=pound=pounds=英镑 jpy=yen=日元 cny=rmb=yuan=人民币 hkd=港币=港元 "
                 "chf=franc inr=rupee krw=韩元 "
                 "bitcoin=btc=比特币"},
    /* One of two that are opposites. */
    {TOKEN_MARK, "enable=turn_on=switch_on=activate=打开=开启=启用 disable=turn_off=switch_off=deactivate=关闭=禁用=停用 open close=shut "
                 "off increase=raise=增加=提高 "
                 "decrease=reduce=lower=减少=降低 more=更多 less=fewer=更少 most least max=maximum=最大=最多=上限 "
                 "min=minimum=最小=最少=下限 best=最好 worst=最差 "
                 "better=更好 worse=更差 good=好 bad=坏=差 fast=quick=快 slow=慢 fastest=最快 slowest=最慢 big=large=大 small=little=小 "
                 "biggest=largest smallest "
                 "long=长 short=短 high=高 low=低 highest=最高 lowest=最低 hot=warm=热 cold=冷 old=老=旧 new=新 young=年轻 oldest "
                 "newest=latest=最新 heavy=重 light=轻 "
                 "easy hard up down left=左=左边 右=右边 inside=里面 outside=外面 north=北 south=南 east=东 west=西 "
                 "ascending=升序=从小到大 descending=降序=从大到小 "
                 "cheapest=最便宜 cheap=便宜 expensive=贵 most_expensive=最贵"},
    {TOKEN_MARK, "buy=purchase=购买=买=买入 sell=卖=卖出 log_in=sign_in=login=登录=登入 log_out=sign_out=logout=登出=退出 import=导入=进口 "
                 "export=导出=出口 upload=上传 "
                 "download=下载 send=发送=寄 receive=接收=收到 win=赢 lose=输 gain accept=接受=同意 reject=refuse=decline=拒绝 "
                 "allow=permit=允许 forbid=block=ban=禁止 "
                 "start=begin=开始 stop=停止 end=结束 add=添加 remove=delete=删除=移除 install=安装 uninstall=卸载 encrypt=加密 "
                 "decrypt=解密 lock=锁定 unlock=解锁 "
                 "upgrade=升级 downgrade=降级 advantage=advantages=pros=优点=好处 disadvantage=disadvantages=cons=缺点=坏处 safe=安全 "
                 "dangerous=危险 lend=借出 borrow=借入 "
                 "positive=积极 negative=消极 true false public=公开 private=私有 male=男=男性 female=女=女性 husband=丈夫 wife=妻子 "
                 "father=爸爸=父亲 mother=妈妈=母亲 "
                 "son=儿子 daughter=女儿 adult=adults=成人 child=children=kid=kids=孩子=小孩 infant=baby=婴儿 hire fire"},
    /* The same in other words. */
    {TOKEN_SAME,
     "contact=get_in_touch_with=reach=联系 support=customer_support=customer_service=客服 difference=differ=different=区别=差别=不同=差异 "
     "who_wrote=who_is_the_author_of=who_is_author_of=谁写了=作者是谁 write=compose=写=创作 recommend=suggest=推荐 "
     "summary=summarize=summarise=sum_up=总结=概括=概述 phone=telephone=电话 cell_phone=mobile_phone=smartphone=手机 "
     "picture=image=photo=图片=照片 "
     "film=movie=电影 repair=fix=修复=修理 car=automobile=汽车 doctor=physician=医生=大夫 laptop=notebook=笔记本电脑 quickly=rapidly "
     "meaning=mean=意思 "
     "pay=付款=支付 account=账号=账户=帐号 原理=工作原理 怎么做=如何做=怎样做=做法 使用=用"},
};

#define SLOTS 4096u /* a power of two, well above the words of all rows */

typedef struct slot {
    const char *p; /* NULL: free */
    uint16_t n, item;
    uint8_t kind;
} slot;
static slot slots[SLOTS];

static uint32_t word_hash(const char *p, size_t n) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * 16777619u;
    return h ^ h >> 15;
}

static slot *word_slot(const char *p, size_t n) {
    uint32_t at = word_hash(p, n) % SLOTS;
    while (slots[at].p && (slots[at].n != n || memcmp(slots[at].p, p, n) != 0))
        at = (at + 1) % SLOTS;
    return &slots[at];
}

static void word_put(const char *p, size_t n, token_kind kind, uint16_t item) {
    slot *s = word_slot(p, n);
    if (!s->p)
        *s = (slot){.p = p, .n = (uint16_t)n, .item = item, .kind = (uint8_t)kind};
}

static void fill_words(void) {
    uint16_t item = 0;
    for (size_t r = 0; r < sizeof ROWS / sizeof *ROWS; r++)
        for (const char *p = ROWS[r].items; *p;) {
            size_t n = strcspn(p, " =");
            word_put(p, n, ROWS[r].kind, item);
            item = (uint16_t)(item + (p[n] != '='));
            p += n + (p[n] != 0);
        }
}

bool word_find(yz_str word, token_kind *kind, uint32_t *item) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_words);
    const slot *s = word_slot(word.p, word.n);
    if (!s->p)
        return false;
    *kind = (token_kind)s->kind;
    *item = s->item;
    return true;
}
