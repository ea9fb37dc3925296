-- Made by learn.py: do not edit. Each line: a feature, what it adds to "knowledge", what it adds to "reasoning"
-- (sixteenths; "default" stays at 0). See README.md for the data and how well it does.
return [==[
!	-15	-23
"	-7	-10
"""	5	4
")	11	0
",	5	7
".	11	-1
#	-3	6
$	-13	20
$(	-12	12
$.	-13	15
$\	-16	24
%	5	13
&	4	-5
'	0	2
''	-9	2
'''	-2	12
')	-4	7
',	-4	5
'?	11	-7
(	2	5
("	4	-1
('	-5	9
((	-6	12
()	15	4
(-	0	10
)	-3	0
)$	-4	6
))	-10	16
));	-4	4
),	10	-6
):	-4	8
);	0	8
)=	-5	6
*	1	5
+	2	6
,	-6	0
-	-1	-5
->	-1	6
."	-4	-14
.$	-12	9
.)	-1	9
...	-7	-1
/	6	3
0	-5	11
0 0	3	3
0 a	-4	3
0 and	-2	9
0 apples	-15	15
0 are	-5	8
0 at	-11	-12
0 b	2	5
0 c	1	-6
0 cm	-4	4
0 d	-10	4
0 days	1	8
0 dollars	10	-1
0 e	-4	6
0 for	-9	4
0 hour	-9	8
0 hours	-13	10
0 how	-11	10
0 in	1	-2
0 is	-4	4
0 less	-4	4
0 m	-8	4
0 minutes	-9	6
0 more	-4	4
0 n	-5	8
0 of	1	9
0 on	-14	1
0 people	-8	2
0 percent	-9	10
0 sqrt	-5	5
0 square	5	-3
0 steps	-3	7
0 that	6	-13
0 the	7	-10
0 then	-6	7
0 times	-14	15
0 to	-4	8
0 true	5	1
0 what	-12	11
0 which	-3	-11
0 with	-5	11
0 x	-2	3
0 y	-4	8
0 years	-4	2
:	-7	-13
://	10	-6
;	-4	5
<	-2	-3
<size0>	-33	-32
<size1>	-51	-45
<size2>	-8	-24
<size3>	11	-10
<size4>	9	2
<size5>	-22	10
<size6>	-23	11
<size7>	10	-21
<size8>	18	-2
=	-12	12
==	5	4
=>	-7	9
>	0	10
>>>	-1	10
?	24	11
?"	8	-8
[	-4	0
\	-10	23
]	-1	4
])	-1	5
],	4	-4
^	-5	7
^ 0	2	5
^ a	-1	9
^ according	9	-8
^ are	7	-21
^ as	-11	-16
^ at	4	8
^ c	-8	6
^ can	7	0
^ convert	-15	-4
^ create	-24	2
^ def	-4	8
^ derive	-13	18
^ describe	16	-13
^ design	-8	14
^ do	15	-10
^ document	12	-7
^ does	11	-15
^ explain	24	-14
^ extract	9	-4
^ find	12	-3
^ for	3	10
^ get	4	-13
^ give	-10	2
^ given	-13	6
^ go	-15	-9
^ good	-21	-11
^ hello	-20	-11
^ hey	-15	-13
^ hi	-18	-10
^ how	13	-9
^ i	-10	-12
^ if	8	-3
^ imagine	-17	-10
^ implement	-14	20
^ in	3	3
^ is	-4	2
^ it	-16	-8
^ javascript	0	6
^ john	-8	8
^ let	-8	-13
^ list	16	-14
^ make	-19	-7
^ my	-3	7
^ n	-6	8
^ on	-7	10
^ paraphrase	-14	-13
^ play	-15	-14
^ please	-12	-13
^ proofread	-21	-8
^ put	-20	-12
^ python	-13	18
^ question	7	11
^ rewrite	-15	-16
^ search	18	-10
^ set	-3	-17
^ shorten	-11	-24
^ show	0	17
^ sql	-9	14
^ take	-15	-13
^ tell	1	-19
^ the	-6	-11
^ there	3	4
^ this	-6	3
^ to	3	-13
^ translate	-19	-19
^ true	-11	9
^ turn	-17	-17
^ what	3	-18
^ when	27	-13
^ where	13	-11
^ which	14	-9
^ who	22	-24
^ will	7	-15
^ write	-19	-5
^ you	-29	-24
^一个	-8	17
^下列	-10	11
^下面	-9	13
^中国	10	-6
^为什	13	4
^什么	14	-14
^介绍	14	-10
^以下	-17	7
^你们	21	-12
^你是	-25	-20
^你有	-16	-10
^你能	-12	-10
^使用	-3	13
^写一	-24	14
^写个	-12	18
^写出	-9	12
^加拿	12	-13
^可以	-4	-12
^和	6	-4
^国际	12	-9
^在一	-6	4
^如何	14	12
^如果	-4	13
^实现	-5	11
^对于	-12	-1
^将	-13	-6
^将以	-27	-20
^小明	-10	14
^已知	5	2
^帮我	-12	-9
^年	6	-10
^怎样	-6	12
^我们	-5	9
^我想	-10	-5
^我的	-16	-8
^把	-19	-3
^把这	-13	-12
^描述	-15	-18
^是什	19	-16
^是谁	15	-11
^有一	-10	6
^有哪	15	-10
^根据	2	5
^求解	-7	15
^法国	12	-10
^用	-11	16
^给出	-10	7
^给定	-7	6
^给我	-14	-7
^编写	-13	-7
^解释	20	-11
^计算	-10	11
^设置	-10	-21
^请介	17	-7
^请使	-13	7
^请写	-19	-8
^请实	-8	8
^请把	-9	-10
^请描	8	-9
^请根	-13	-2
^请编	-11	-4
^请解	17	-7
^请说	18	-16
^请问	15	-5
^谁是	16	-11
^输出	-6	9
^这个	-20	-6
`	9	0
``	-9	2
```	-18	24
a	-3	1
a 0	4	-4
a a	5	-4
a b	-5	11
a bakery	-7	-15
a book	-4	8
a brief	7	-13
a c	-11	11
a card	14	-11
a class	-12	11
a day	-8	-12
a different	-10	8
a dog	-12	-7
a few	10	-4
a function	-4	17
a gift	-13	-6
a good	-1	-10
a group	-14	-10
a java	-13	21
a javascript	-6	9
a job	-16	-8
a joke	-23	-7
a new	-3	-4
a phone	-6	-9
a poem	-9	-8
a positive	10	-4
a professional	-8	-5
a python	-6	18
a rate	-17	18
a recipe	14	-6
a red	-8	12
a reminder	-24	-11
a reverse	18	-12
a second	4	-12
a sentence	-17	-15
a set	3	9
a short	-2	-6
a simple	6	-4
a specific	-4	10
a string	-9	9
a sum	4	-7
a table	-14	-11
a text	-15	-11
a visa	16	-6
a word	-8	2
able	-8	-2
able to	-9	-2
about	-1	-29
about it	-6	-9
about the	11	-15
above	-4	6
accept	10	-5
accepted	16	-5
according	8	-13
according to	8	-13
account	22	-6
act	-6	-14
action	6	-10
active	3	-11
actor	11	-4
add	-10	12
add 0	-9	11
addition	8	-1
additional	-5	2
advanced	6	-5
advice	-20	-14
advisor	-10	6
africa	6	-12
after	2	-2
after the	-3	3
again	-4	-6
against	7	-8
age 0	1	6
agent	5	-12
ai	-32	-22
albert	11	-12
algorithms	11	-12
alice	-11	5
alive	-12	-12
all	-7	4
all 0	-8	13
all the	-2	-1
along	-6	-13
along with	-1	-7
already	-15	4
also	3	-10
amazon	-1	-7
american	3	-20
among	2	-5
amount	-2	7
amount of	-2	3
an	-3	8
an array	4	2
an international	11	-7
an uber	-20	-20
ancient	-12	-18
and	0	-1
and 0	1	11
and a	1	7
and each	-6	9
and false	-11	17
and he	-7	7
and her	-7	0
and i	6	-8
and in	8	-4
and its	6	-3
and one	-7	8
and other	-12	-1
and return	0	6
and returns	-4	7
and some	-10	3
and tell	-17	-2
and the	3	-10
and their	2	-12
and then	-1	-8
and true	-8	14
and two	-6	7
and what	-1	-5
and why	-4	16
and you	-4	-6
angeles	10	-4
animal	-13	-3
animals	-4	6
another	8	-7
another 0	-3	12
answer	3	1
answer as	-4	8
answer the	6	-4
answer to	10	5
any	4	-5
api	-1	11
app	5	-8
apple	12	-1
approach	8	-7
are	0	-4
are 0	-8	18
are a	0	-13
are an	-8	-9
are in	10	-4
are not	6	-10
are the	4	2
are there	9	2
are three	-6	4
are two	4	-9
are you	-21	-26
are your	0	-15
argument	-9	10
around	2	1
arranged	-5	17
array	-4	5
arrived	-14	-8
art	-2	-10
article	12	-7
articles	11	-9
artificial	5	-5
artificial intelligence	5	-5
as	-2	-4
as a	-6	-7
as an	5	-11
as if	6	0
as many	-8	8
as much	-8	9
as the	1	-6
ask	-20	-11
asks	-10	-10
assistance	6	-12
at	-5	-5
at 0	-18	-3
at a	-2	-4
at the	-9	5
attack	12	-6
attempt	2	-10
attending	-8	1
australia	14	-6
author	3	-8
available	9	-13
b	-7	18
b 0	-3	6
b b	-4	4
b c	-6	16
back	-1	-16
back to	-8	-6
bag	7	-1
bag of	9	-8
bakery	-7	-9
ball	-6	14
banana	-7	11
band	5	-9
bank	7	-4
bar	10	-8
base	-12	5
based	7	-4
based on	5	-4
bash	-4	12
be	3	-3
be 0	-6	10
be the	-4	7
be to	12	-4
beach	-2	11
beat	8	-6
became	6	-8
because	13	-13
become	1	-13
been	3	-21
before the	-7	4
begin	7	-6
being	1	-12
benefits	10	-10
best	1	-15
between	3	1
binary	-7	13
birth	-15	-4
birthday	-22	-7
black	16	5
block	4	-15
blue	-8	2
bob	-11	9
bob and	-7	9
body	10	-11
book	-12	-13
books	12	-3
born	-7	-18
both	6	-6
bottles	-8	9
bought	-3	7
bowl	5	4
break	4	-5
brief	7	-13
bring	-11	9
bring the	-9	9
british	-4	-8
budget	-10	-5
building	2	-6
built	-2	1
bullet	-16	-8
bullet points	-16	-8
business	-7	-3
but	2	3
but it	-12	-8
buy	-12	3
buy a	3	3
by	-2	5
by 0	2	2
by a	-4	0
by an	8	-9
by john	7	-6
c	0	18
c 0	0	3
c a	-4	6
c d	-3	13
cache	-8	16
calculate	-10	20
calculate the	-10	18
california	9	-10
call	-18	-19
called	5	-8
calling	-11	-2
calories	16	-17
came	10	-7
campaign	5	-10
can	3	-2
can i	6	-16
can t	-10	-14
can the	-9	9
can we	-10	-7
can you	-2	6
car	15	2
card	33	-10
cards	24	-11
case	6	6
cases	10	-9
cash	10	-4
cat	-7	-5
cause	-1	-6
center	8	-8
central	13	-11
ceo	4	-9
certain	-3	6
challenges	-15	-15
change	-5	-7
change my	16	-6
changed	16	-8
changes	2	-3
changing	9	-5
character	2	-9
characters	-11	4
charge	17	-9
charged	5	-12
charles	-1	-5
check if	-7	8
checking	9	-5
children	4	-5
chinese	-10	-15
choose	-4	4
choose and	-4	16
church	-3	-17
cities	8	-6
city	3	-14
civil	-6	-10
class	4	2
classification	15	-9
client	-6	-13
closed	-11	0
cm	-4	8
code	-6	20
color	4	-1
column	-5	11
combined	-11	5
come	-7	-12
come to	4	-1
come up	-12	-10
comes	-12	-5
command	9	-3
common	6	-4
company	-8	-8
compare	-5	14
compose	-17	-7
compose a	-16	-6
compound	8	-9
compute	-12	12
computer	3	-13
concepts	-14	-13
connection	3	-4
considered	2	-12
consistent	-6	2
console	-6	11
console log	-6	11
const	-2	7
construct	-9	15
contain	0	4
container	-12	12
containing	-9	3
contains	1	3
content	11	-10
content of	13	-6
context	19	-8
continue	-12	-9
conversation	-12	-13
convert	-6	1
cookies	2	5
coordinates	-13	-13
corporation	13	-8
correct	-14	7
costs	-2	9
costs 0	-5	9
could	-5	6
could be	1	-11
could you	-3	-12
count	-2	6
count the	-4	5
countries	10	-13
country	-4	-14
county	-1	-13
court	-3	3
cover	3	-11
crash	-9	10
create	-6	-4
create a	-18	12
create an	-8	3
created	2	-5
credit	12	-2
credit card	10	-1
cross	11	-6
css	16	6
csv	-4	7
culture	11	-6
currency	14	-9
current	3	-4
curve	-2	-6
d	-7	11
d 0	-10	18
d e	-1	6
data	1	7
database	-8	10
date	3	0
daughter	11	-11
david	-8	-4
days	0	7
de	0	-11
dead	18	-12
death	1	-14
decided	-6	3
decided to	-6	2
decision	1	-10
deep	4	-7
def	-4	11
default	-1	-14
degrees	-7	10
deliver	-9	-6
derive	-13	18
describe	-7	-21
describe a	-10	0
describe the	-24	-14
describing	-12	-4
design	-15	4
design a	-9	6
design and	9	-8
designed	-5	-9
details	12	-9
determine	-14	-8
determined	3	-7
develop a	-8	5
developed	4	-19
development	-4	-15
dice	-15	-14
dictionary	-6	8
did	9	-4
did i	-13	-11
did the	9	-2
did you	-5	-14
died	10	-5
difference	14	-11
difference between	13	-12
digit	-9	12
digits	4	-4
dinner	-10	-12
discount	-6	5
discovered	6	-14
display	8	2
distinct	-13	10
divide	-8	10
dna	12	-9
do	3	2
do i	7	14
do not	6	-10
do they	-7	-14
do we	15	-11
do you	1	-13
document	22	-13
documentation	15	-12
does	9	3
does a	13	-8
does the	9	-4
does this	-7	7
dog	-11	2
doing	0	-8
dollar	14	-11
dollars	7	3
don t	-14	-8
done	9	3
down	-11	9
dr	7	-13
due	0	-12
during	-1	-16
e	-2	8
each	-13	12
each paragraph	-5	12
early	6	-20
earth	-5	0
edge	-10	3
electricity	1	-7
element	-9	13
elementary	-9	12
elephant	6	0
else	-16	-14
email	-15	-4
empty	9	2
end	1	9
energy	-8	-14
engage	-9	-13
engine	7	-10
england	12	-13
english	-7	-8
enough	-7	4
entire	0	5
equal	-4	5
equation	-5	7
equivalent	-4	5
error	15	0
etc	11	-9
european	2	-3
even numbers	-4	4
event	9	-11
events	2	-4
eventual	12	-8
ever	-9	-14
every	-3	16
every 0	-7	8
everything	-14	-15
exactly	-10	7
example	1	15
example the	-4	7
exchange	20	-17
exchange rate	9	-12
existing	14	-9
exists	-17	17
experience	0	-7
experienced	-3	-13
expert	-14	-8
explain	17	7
express	-5	7
expression	-7	7
extra	8	-4
extract	9	0
extract the	9	0
face	-12	4
fact	6	-4
factorial	-8	8
factorial of	-4	6
factory	-16	-15
facts	12	-14
fails	-7	15
fairy	-15	-20
false is	-17	23
famous	0	-15
fast	11	-12
favorite	-15	6
feature	8	-3
february	4	-12
february 0	3	-12
fee	13	-5
fee for	12	-6
feel	-21	-14
fees	12	-6
feet	-12	4
figure	2	-9
file	-8	9
film	1	-14
filter	-3	7
finally	-10	13
find	1	12
find a	-12	5
find the	10	3
finish	-13	14
five	-8	9
fix	-17	11
fix the	-14	15
flight	8	-18
floor	-9	3
following	-12	-4
food	7	-4
football	8	-13
for	4	-7
for 0	-17	-3
for a	-13	-10
for an	-3	11
for each	-5	4
for me	-18	-10
for my	-1	-22
for the	-4	2
for what	9	-5
for x	-10	1
for your	-6	-16
foreign	-5	-8
form	6	-5
form of	-8	5
formal	-5	-14
format	-8	12
forms	6	-14
forward	-10	2
found	-5	0
founded	8	-6
four	-4	6
frac	-9	13
frac 0	-4	9
france	4	-14
french	-18	-12
friday	-16	-8
friend	-6	-7
friends	-8	1
from	-1	-2
from a	-3	1
from now	-10	6
from the	3	4
fruits	-9	15
fuel	5	-9
function	-6	24
function in	-8	10
function that	-6	15
function to	-4	15
funny	-21	-15
g	0	-2
garden	-5	4
gas	8	-14
general	8	-6
generally	11	-10
generate	-7	-8
georgia	-1	-14
german	-2	-17
get	4	3
get a	8	-11
get the	17	-4
gets	2	4
gift	-15	1
gift for	-20	-2
give	-3	6
give a	12	-1
give me	6	-7
given	3	6
given a	1	2
given number	4	-4
given string	-8	14
given the	-5	-14
given two	-9	12
global	0	-8
go	-5	7
go to	5	-8
goal	2	-6
goal of	9	-8
goals	10	-5
god	-9	-15
going	-7	-13
going to	9	0
gold	2	6
gone	0	4
good	-7	-20
government	9	-6
grammar	-18	-8
grape	-9	9
great	5	-11
greater	-7	2
greek	1	-15
green	-1	6
grey	-3	-5
group	-10	-1
group of	-8	2
grown	-12	-8
guide	-15	-5
h	14	-4
had	1	-6
had 0	-5	4
had a	2	-7
had the	11	-10
half	-2	11
half of	-7	10
happened	12	-7
happens	10	-6
happy	-16	-8
harry	5	-12
has	7	1
has been	2	-18
has grown	-14	-8
has the	17	-4
has to	-13	8
have	-7	2
have a	-5	4
have been	4	-13
have to	8	-4
have you	-20	-19
having	-7	8
he	-6	8
he has	-8	8
he is	-4	7
head	8	-4
heads	-21	-6
health	-2	-14
healthy	11	-13
hear	-7	-12
height	1	7
height of	-7	8
held	7	-12
hello	-16	-5
hello world	0	22
help	-12	-1
her	-9	6
here	-12	-7
here is	-4	4
hey	-17	-14
hi	-21	-12
high	6	-9
highest	8	-5
his	-4	5
historian	-17	-14
historical	5	-6
history	8	-13
hit	7	-4
hold	17	-11
holding	-4	6
home	2	0
host	-3	5
hour	-9	6
house	-6	-16
how	10	8
how are	-10	-13
how do	-7	-1
how is	-11	-17
how long	16	-5
how many	4	17
how much	5	6
how to	9	-1
how would	-13	-3
https	10	-6
human	1	-7
humans	-4	-11
i	-3	-8
i am	-10	-14
i be	15	-9
i can	5	-7
i d	-4	-13
i do	2	-12
i find	8	-5
i fix	-14	17
i get	4	-17
i have	-12	3
i love	-10	1
i m	-2	-20
i need	4	-11
i put	12	-4
i use	11	-6
i ve	6	-14
i want	-4	-16
i will	-2	-3
i would	1	-8
ice	5	-8
id	-2	6
idea	3	-12
ideas	7	-13
identical	5	-4
identification	10	-5
identity	10	0
if	-2	4
if 0	-13	17
if a	6	0
if he	-3	3
if i	10	-11
if she	-4	5
if the	1	0
if there	-5	12
if you	-4	4
ii	-2	-6
image	-9	5
imagine	-14	-10
imagine you	-15	-10
impact	3	-5
implement	-9	20
implement a	-8	16
import	5	-3
importance	1	-13
important	6	-5
improve	10	-8
in	6	1
in 0	0	-9
in a	-3	10
in an	-3	-7
in both	10	-6
in c	-9	15
in each	-7	7
in england	5	-7
in her	-8	7
in how	2	3
in it	-14	-7
in javascript	-4	9
in my	0	-7
in order	4	-2
in other	13	-10
in paris	10	-7
in python	-8	16
in this	-1	-16
in total	-11	13
in what	1	-8
in which	14	-10
in your	-3	-18
inc	7	-8
include	-1	-19
includes	-8	-4
increase	-9	-17
increased	6	-3
independent	10	-5
india	16	-13
indian	12	-11
individual	-3	-8
information	14	-12
information about	10	-6
ingredients	14	-9
input	21	0
input and	-6	6
int	-1	12
integer	-5	14
integer n	4	-4
integers	-7	9
intelligence	6	-5
interest	18	1
interest rate	15	4
interior	-11	-6
international	10	-4
into	-7	-4
into a	-1	2
into chinese	-12	-7
iphone	-10	-7
is	8	5
is 0	-11	16
is a	9	-4
is called	12	-9
is in	12	-6
is located	-1	-14
is odd	-5	5
is on	-5	-4
is the	-1	6
is there	0	-13
is this	-15	5
is to	2	1
is too	8	-9
is your	-14	-20
island	8	-10
it	-4	4
it be	14	-6
it could	-4	-12
it takes	0	7
it was	-4	-4
italian	-12	-14
italy	8	-6
items	-11	3
its	2	-5
january	-3	-10
january 0	-4	-10
japan	14	-10
java	-1	15
javascript	1	18
javascript function	-5	9
jim	-14	5
job	-2	-8
joe	-18	-11
john	0	3
joke	-24	-12
joke about	-19	-5
journey	-9	-14
js	11	8
json	3	9
just	-9	-3
justice	10	-6
k	7	-2
keep the	-8	5
kids	9	-4
kind	4	-13
kind of	3	-4
king	-1	-14
kingdom	-3	-13
know	7	-8
know how	7	-7
know the	19	-8
knowledge	1	-12
knowledge of	-4	-4
known	4	-21
known as	8	-14
l	-4	4
l2	7	-5
label	-9	-21
lake	9	-8
lambda	-13	13
land	4	-9
language	-3	-8
large	0	-6
largest	1	-10
last	6	8
last year	6	-2
late	-7	-8
later	7	-6
launch	6	-6
law	4	-8
layer	8	-8
layers	15	-9
le	5	-12
leader	-1	-11
league	10	-8
learn	6	-7
learning	9	-5
led	0	-14
left	-13	6
length	-8	5
length of	-3	6
less	-3	7
less than	-6	3
let	-13	-4
let s	-17	-8
letter	-7	-11
letters	-6	7
level	-11	-11
lies	-9	12
life	-24	-13
life and	10	-11
light	8	-14
like	-9	-19
like to	-16	-13
limit	17	-4
line	4	4
linear	15	-10
link	14	-8
linked	-8	1
linux	8	-4
list	-17	-8
list of	-6	-2
lists	-1	10
live	6	-4
living	-5	-9
load	-3	12
local	1	-3
located	1	-7
located in	7	-10
log	-6	16
logically	-7	14
london	-7	-11
long	8	4
long does	11	-4
look	17	-10
looking	-2	-9
lord	-5	-13
los	10	-4
los angeles	10	-4
lost	9	-13
louis	-16	3
lru	-12	17
luggage	21	-8
lunch	-4	4
lydia	-6	12
m	-10	-1
m 0	-8	4
machine	3	-7
machine learning	10	-8
made	-2	-10
main	9	0
major	0	-12
make	-7	-5
make this	-18	-6
makes	0	-9
making	3	-4
man	11	1
manager	3	-8
many	6	19
many calories	12	-13
many distinct	-15	15
many more	-3	6
many times	3	-5
many ways	2	4
map	-3	15
march	-5	-13
march 0	-7	-10
mark	-10	-3
market	6	-9
mars	1	-12
mary	-8	-2
match	10	0
material	8	-7
math	-11	16
max	8	-3
maximum	10	-4
may	-5	-13
me	0	-14
me a	-18	-14
me about	9	-2
me if	5	-9
me the	13	-12
me to	-10	-18
me with	-3	-13
mean	1	-6
meaning	-8	-24
meaning of	-8	-13
means	14	-17
meet	-11	-9
meet you	-12	-10
meeting	-25	-24
men	-1	-1
message	-13	-1
meters	-4	11
methods	12	-6
microsoft	10	-9
mile	-7	12
military	1	-11
minimum	9	-5
minute	-19	-1
mode	-17	-13
model	15	-2
modern	3	-8
modify	9	-8
mom	-9	-5
money	13	0
more than	-8	12
morning	-18	-14
most	4	-8
mother	-10	-14
motion	8	-2
movement	6	-5
movie	5	-10
moving	1	-9
much	-4	-1
much as	-6	9
much does	-8	10
much is	8	-8
music	-2	-17
musical	-4	5
my	-1	-21
my 0	22	-13
my account	22	-10
my card	14	-4
my credit	14	-5
n	0	1
n 0	3	6
name	-4	-3
name age	-4	5
name of	6	-6
named	-2	-7
names	4	-5
nation	1	-10
national	-1	-9
natural	2	-9
nba	5	-9
near	2	-10
necessary	10	-14
need	3	-9
need a	10	-6
needed	-1	-1
needed to	-8	14
needs	-9	0
negative	-11	-19
next	-3	0
nfl	8	-12
nice	-20	-13
nice to	-11	-13
night	-2	-5
no	1	-4
non	-1	9
none	-7	5
north	0	-7
not	-1	6
not false	-14	26
nothing	-17	-11
now	-13	-12
null	-4	4
number	-1	9
number of	-4	3
numbers	-6	17
numbers 0	-4	4
numbers in	-6	8
nutrition	26	-10
object	4	3
objects	4	11
odd	-10	11
of	6	0
of 0	-6	4
of a	1	3
of all	0	6
of an	-10	1
of her	-8	11
of how	8	-9
of integers	-4	5
of its	5	-4
of life	-9	-11
of louis	-7	3
of numbers	-7	7
of students	-5	6
of the	5	5
of them	-8	12
of these	1	-6
of things	-13	-1
of this	-10	1
of three	-11	3
of water	-4	9
of what	3	-11
of which	-3	10
of your	-20	-12
off	4	-19
offer	2	-3
office	-7	1
often	7	3
oil	23	-3
old	-8	2
old is	8	2
older	-6	7
olympics	13	-10
on	2	-10
on 0	1	-15
on a	-8	4
on an	4	-6
on each	-3	4
on how	1	-2
on monday	-3	4
on my	-13	-14
on one	-9	-4
on the	5	-1
on their	-8	4
on this	10	-13
once	3	11
one	0	-3
online	-10	5
only	0	11
only the	11	-9
open	7	-8
options	-8	10
options a	-5	13
or	-7	3
or a	-2	-10
or an	-11	4
or not	-5	3
order	-6	4
order the	-4	4
order to	2	-6
organization	-3	-16
other	6	-6
our	-2	-21
out	-5	9
output	-4	10
outputs	-9	4
outside	6	-3
over	-7	-4
own	-6	-11
owner	-13	-17
p	2	0
page	11	3
pair	-17	-3
paper	-7	7
paragraph	-19	-3
paragraphs	-5	8
paraphrase	-14	-19
paraphrase the	-14	-13
parents	-4	-6
paris	9	-12
part	4	-11
part of	6	-13
particular	-2	0
pass	6	-14
pasta	6	-6
path	-3	10
pay for	10	-7
people	-8	-3
per	1	12
percent	-6	11
percentage	-9	12
percentage of	-7	8
perfect	-8	10
perform	4	-7
period	-7	-9
person	-3	-3
personal	11	-4
pet	-15	4
phone	-35	-15
physical	5	-7
pick	-15	-13
pieces	-1	4
pink	-4	10
pizza	6	-11
place	-4	-9
plan	5	-21
plane	-2	-1
plans	9	-9
plant	-13	-8
plants	-4	-13
play	-14	-11
play the	-13	-12
played	7	-15
players	4	3
playing	-7	4
playlist	-28	-12
plays	17	-6
please	-16	-25
plot	-15	-10
poem	-10	-12
point	-4	7
points	6	-7
policy	13	-9
political	-2	-17
pop	-6	3
popular	12	-8
position	5	-1
positive	-11	-11
positive integer	4	-8
possible	2	-15
possible to	-3	-13
possible value	-8	8
post	3	-21
potential	-12	-8
pounds of	-4	6
power	1	-14
practices	14	-12
premier	6	-6
presence	0	-8
price	-9	0
price of	-7	4
prince	7	-13
print	-7	11
prints	-7	9
prior	13	-9
problem	6	2
problems	7	-10
process	3	-11
proclamation	10	-8
produce	11	-8
product	-3	5
product of	-2	8
production	6	-11
products	-8	5
professional	-9	-5
professor	-6	-12
profit	-7	7
program that	-2	17
programming	10	-3
project	4	-15
promise	6	8
proof	-20	30
proofread	-21	-8
proofread this	-21	-8
prove	-8	19
provide	8	-11
provide a	6	-5
public	6	-7
purpose of	11	-5
put	-6	-14
python	-9	31
python code	0	12
python def	-4	4
python function	-3	10
query	-11	15
question	12	-5
question what	11	0
questions	-13	-19
queue	-5	10
r	-2	-2
rainforest	7	-6
random	6	-4
range	-2	10
rank	9	-10
rate	13	6
rates	12	-7
rather	3	-8
ratio	-3	11
ratio of	-5	9
re	-9	-4
reach	-4	11
read the	7	-2
reads	-2	14
real	8	-7
really	3	-9
reason	-21	11
receive	10	1
receives	-8	8
recent	12	-11
recipe	24	-5
recipe for	18	-7
reduced	-9	3
refund	19	-16
regular	-6	7
release	12	-8
released	10	-5
remainder	-9	11
remaining	-5	9
reminder	-25	-11
remove	-9	0
renewable	3	-11
renewable energy	3	-11
reply	-11	-14
report	12	-1
represent	6	-9
represented	8	-4
requests	-10	11
require	12	-5
required	7	-5
research	8	-10
respond	-11	-6
response	5	-11
responsible	-13	-13
responsible for	-13	-13
rest	-7	18
rest of	2	3
result	-3	5
results	11	0
return	9	9
return the	12	-9
return to	-10	2
returns	-6	10
returns the	-6	9
revolution	13	-4
rewrite	-18	-12
rewrite the	-11	0
right	-8	5
rights	5	-6
rock	6	-7
role	-7	-13
role of	-9	-11
roll	-12	-19
room	-16	-11
root	-9	10
russia	7	-13
rust	-9	14
s	2	-5
s the	-3	1
said	4	1
sam	-12	-10
same	1	8
save	-9	6
say	-21	-24
says	-7	12
schedule	-14	-16
science	5	-7
scientific	9	-12
score	8	-4
scratch	18	-13
script	-2	21
script that	-9	14
sea	5	-5
search	16	5
search for	21	-2
season	3	-25
second	5	4
seconds	-8	8
secret	-17	-11
section	-2	6
see	-7	-1
see you	-11	-14
select	6	-2
self	4	-8
sell	-4	4
sells	-7	1
send	-8	-6
sense	7	-11
sent	-7	-15
sentence	-29	-29
sentences	4	-9
september	11	-9
september 0	11	-9
sequence	-9	15
series	16	-2
series of	10	-6
serve	6	-9
service	4	11
services	10	-13
session	-4	9
set	-11	-5
set a	-17	-12
set of	-1	10
settings	-14	-19
share	-14	-13
she	-6	6
she has	-4	5
shell	-11	20
shop	-8	0
shopping	-20	-14
short	-2	-6
shorten	-11	-24
shorten this	-11	-24
should	-5	2
should i	-3	-18
should we	-9	13
show	11	15
show the	7	-11
sided	-15	-13
significance	-6	-16
silver	-8	10
similar	-8	-3
simple	6	-4
sin	-5	12
sin x	-5	13
since	4	-13
site	0	-10
situation	-3	-12
six	-3	13
sketch	-10	13
sky	4	-12
small	-9	4
smallest	-5	12
smith	3	-10
snippet	-5	9
so	-6	4
social	0	-10
society	-3	-14
someone	-14	5
something	-12	-16
song	-9	-13
soon	-1	-3
sort	-14	16
sound	-13	-5
source	11	-9
south	4	-8
space	1	-3
spaces	-6	6
spanish	-12	-21
speak	-16	-16
speaking	-7	-14
special	12	-12
species	-7	-12
specific	9	6
specified	10	2
speech	-28	-17
speed	-3	-1
spend	-12	5
spending	-12	-1
spent	-7	4
sports	3	-2
sql	-7	12
sqrt	-5	6
sqrt 0	-5	6
square	-8	11
st	8	1
star	6	-12
start	-5	0
started	9	-8
starting	1	9
starting point	-4	6
starts	-6	10
state	12	-10
statements	-7	5
states	7	-19
static	-5	10
station	1	-11
stay	-17	1
step	-1	7
steps	4	7
still	2	-12
stock	4	-8
story	-14	-13
string	1	11
string and	-3	9
strong	14	-9
structures	-8	-5
student	1	-6
students in	-9	-7
studio	7	-8
subjects	-16	-7
subsequent	-8	1
such	-8	-6
such as	0	-19
such that	-3	-6
suggest	-16	-13
sum	-7	8
sum of	-6	10
summarize	10	-8
summary	18	-7
summary of	18	-5
super	8	-9
super bowl	8	-8
support	9	-12
supported	10	-9
surface	-9	4
switch	-13	2
system	-6	-7
system of	9	-7
systems	-2	-5
table	-10	0
take	-7	0
take a	7	-6
take the	-16	-10
take to	12	-7
takes	-3	10
takes 0	-4	5
takes a	-4	6
talk	-16	-14
talking	-17	-16
teacher	-4	-2
teachers	11	-5
team	-1	7
teams	9	-9
techniques	16	-8
tell	3	-5
tell me	9	-14
temperature	-13	-2
temperatures	-7	9
ten	-15	-6
terms	-4	-3
tesla	8	-15
test	-3	5
text	-1	-19
text i	-6	10
than	-1	9
than the	2	2
thank	-8	-16
thank you	-8	-16
thanks	-22	-19
that	1	8
that are	-3	-13
that can	-15	-2
that i	-15	-9
that is	3	-9
that takes	-5	9
that the	-2	8
that they	10	-8
that would	5	-12
that you	-1	-15
the	1	2
the 0	-1	-15
the account	13	-10
the ai	-15	-8
the amazon	7	-6
the american	3	-7
the answer	5	-5
the average	8	0
the best	5	-9
the black	13	-7
the blue	-4	-4
the book	12	-3
the content	18	-5
the current	11	2
the definition	13	-8
the difference	13	-10
the distance	-7	8
the document	13	-8
the english	6	-6
the entire	0	5
the equation	-5	5
the first	7	5
the following	-11	-2
the four	-7	2
the french	5	-9
the function	-5	6
the given	8	0
the great	4	-10
the highest	8	-5
the idea	2	-11
the international	15	-8
the largest	3	-9
the last	-1	8
the length	-8	11
the list	-5	-10
the main	8	-8
the maximum	10	-5
the meaning	-14	-14
the middle	-8	-2
the minimum	9	-5
the morning	-10	-11
the most	2	-1
the movie	7	-2
the name	0	-5
the new	0	-9
the next	-10	-11
the number	1	5
the nutrition	21	-9
the options	-12	-3
the order	-12	11
the other	11	-14
the output	-5	7
the price	-21	1
the probability	-5	5
the process	4	-9
the product	-8	7
the question	11	-5
the ratio	-7	7
the region	-14	0
the remainder	-9	11
the remaining	-4	9
the rest	-2	7
the role	-17	-11
the same	1	8
the second	-3	11
the sentence	-21	-17
the set	-12	12
the smallest	-6	6
the start	-5	9
the starting	-4	6
the string	-2	8
the student	9	-3
the students	-7	7
the sum	-7	8
the table	-8	8
the term	3	-3
the text	8	-9
the third	-7	14
the top	13	-7
the topic	-3	-12
the total	-1	10
the trade	-9	11
the uk	4	-12
the united	-5	-12
the universe	10	-8
the us	10	-8
the user	3	1
the value	0	2
the volume	-8	-11
the week	-10	11
the weight	-4	8
the world	-3	-10
their	-4	-13
their own	9	-6
them	-1	5
them to	-13	-6
then	-11	-1
theory	5	-9
there	6	2
there a	5	-11
there are	0	10
there in	6	-13
there is	-5	4
they	-10	4
they have	-4	5
things	-23	-13
think	-7	-9
third	-4	3
this	-9	-2
this is	-8	-9
this sentence	-12	-16
this year	1	-14
those	6	-8
thought	2	-3
three	-13	14
through	3	-2
through the	7	7
throughout	-4	2
throughout the	-8	3
time	-5	2
time and	-4	5
time the	0	-3
timer	-14	-22
times	1	8
times as	-8	10
to	-1	-9
to 0	-3	8
to a	-12	12
to all	-11	-5
to be	8	-19
to change	19	-3
to deliver	-9	-6
to do	-3	-13
to find	1	9
to get	6	1
to go	8	-12
to have	5	-13
to his	-5	14
to know	12	-6
to make	13	3
to me	-8	-15
to meet	-12	-10
to my	-26	-24
to read	-10	4
to say	-7	-12
to sell	-3	4
to set	-8	-9
to stay	-18	-14
to the	1	-3
to use	3	-4
to what	5	-7
to you	-17	-14
toast	-18	-11
today	-7	4
told	-9	0
tomorrow	-10	-20
tonight	-19	-20
took	3	5
top	23	-14
top up	21	-10
topic	-3	-12
topics	11	-7
total	-1	4
total number	-11	0
tower	7	-3
town	10	-3
trade	2	7
traditional	9	-9
training	17	-8
transfer	22	-10
translate	-16	-20
translate into	-17	-11
translate the	-13	-3
translation	19	-12
travel	20	-8
traveling	-4	-8
tree	-1	12
triangle	-9	11
true	-7	15
try	-6	-11
trying to	-6	-7
tuesday	-17	-5
tuple	-6	14
turn	-25	-14
twice	-15	18
twice as	-9	7
two	-10	2
txt	-7	11
type	9	-1
type of	7	-10
typical	6	-7
u	-10	7
u s	3	-12
uber	-23	-20
uk	-1	-12
uline	-7	10
undefined	4	8
under load	-11	13
under the	3	-13
united	-4	-11
united states	1	-15
until	3	-10
up	-3	-5
up at	-6	5
up the	5	-14
up to	3	10
up with	-4	-10
upon	6	-8
us	7	-10
use	7	-1
used for	10	-10
user	1	3
uses	8	-5
using	0	7
using a	-8	4
using the	-6	2
v	5	0
valid	-7	14
value	0	15
value of	-4	8
values	-5	4
var	4	-2
various	3	-5
ve	4	-10
vegetables	-7	9
version	4	-7
victory	8	-4
views	10	-9
village	-12	-4
virtual	16	-10
visa	23	-13
visual	7	-8
voice	-17	-18
volume	-10	-9
vowels	-4	8
w	12	-8
w 0	14	-7
waiting	-4	-2
walk	7	-2
walking	-4	4
wall	4	-7
want	-10	-10
want to	-4	-4
war	4	-15
was	4	-10
was 0	-3	8
was a	6	-4
was the	12	-6
way	-4	-9
ways can	-4	4
ways to	6	-11
we	-6	-3
we have	10	-8
we know	-4	5
web	-13	15
website	11	-12
wednesday	-12	-6
week	-24	12
weight of	-4	8
went	-4	4
went to	-3	5
were	-2	-2
were in	-7	3
were the	5	-7
what	9	-4
what are	4	0
what did	3	-12
what do	-7	-16
what does	-2	-9
what is	13	7
what kind	3	-7
what percentage	-8	9
what s	-3	-5
what the	12	-10
what type	13	-9
what would	-10	3
what year	8	-7
when	12	2
when did	17	-8
when do	12	-8
when does	26	-11
when is	4	-12
when it	6	2
when the	0	2
when was	18	-10
when will	10	-4
when you	-15	-4
where	7	0
where can	13	-5
where did	11	-7
where do	19	-13
where does	22	-17
where i	-7	-18
where the	0	6
whether the	-3	10
which	15	2
which are	-7	5
which is	-2	5
which of	-5	9
which the	-10	4
which would	3	12
while	-1	-6
while the	0	-5
white	10	4
who	10	-6
who has	2	-6
who is	-10	-5
who played	12	-4
who plays	14	-6
who s	6	-15
who was	6	-5
who won	20	-7
who wrote	14	-6
whole	-7	14
whose	4	-3
why	0	16
why does	-10	10
why is	9	-8
will	4	7
will my	21	-5
will you	-2	-16
william	9	-7
wish	-6	-16
with	-3	1
with 0	-9	13
with a	0	-11
with my	-17	-11
with the	-6	-10
with you	-10	-13
won	12	-3
won the	11	-7
word	1	3
work	1	-6
work for	-12	-11
working	-9	-1
works	1	-26
world	3	-7
world s	4	-8
worth	4	3
would	-3	5
would be	-8	5
would like	-1	-7
would you	-18	-3
write	-18	14
write a	-27	9
write an	-15	9
written	-3	-10
wrong	17	-8
wrote	13	-5
wrote the	9	-4
www	7	-3
x	1	10
x 0	-1	3
x in	-6	6
x is	-12	0
x x	-5	13
x y	7	-8
y	-5	6
y 0	-6	4
y x	-7	4
year	-9	-3
years	-6	-2
years old	-4	3
yes	-15	-3
you	-36	-16
you are	-12	-21
you can	-8	-14
you choose	-5	5
you get	2	-9
you give	2	-8
you have	-5	-13
you help	8	-13
you in	-8	-6
you know	5	-9
you make	-19	-3
you need	13	-9
you please	-2	-10
you re	-15	-4
you say	-31	-12
you should	-5	-6
you take	6	-6
you tell	4	-15
you to	-21	-17
you write	-17	31
young	-3	-5
your	-37	-15
your answer	-4	8
z	12	-3
zero	1	-8
{	-12	16
|	-2	4
}	-11	13
}$	-5	8
};	0	4
}^{	-3	4
}{	-4	11
一	2	-6
一下	8	0
一个	-12	14
一个$	-11	9
一些	-14	-10
一些$	-15	-3
一位	-1	5
一共	-3	14
一句	-10	-12
一只	-13	8
一名	-9	1
一场	-11	-7
一块	-10	9
一天	8	14
一套	-4	6
一定	-4	4
一家	-15	-15
一封	-13	-18
一年	16	-6
一年$	8	0
一张	-11	-6
一批	-2	8
一条	-9	-3
一根	-13	19
一次	-3	-2
一段	-16	-26
一点	-18	-14
一点$	-14	-18
一直	-10	5
一种	-9	-9
一篇	-20	-22
一类	-11	-7
一组	-7	1
一般	6	-9
一行	3	-6
一词	8	-8
一起	3	4
一项	-8	2
一首	-23	-28
三	-6	2
三个	10	-12
三人	-6	13
三条	-10	10
三种	10	-10
三角	-2	9
上下	10	2
上午	-9	2
上有	8	9
上的	0	-15
下	10	-4
下一	-5	-1
下什	6	-9
下内	-17	-14
下列	-15	2
下句	-22	-11
下多	-5	7
下文	3	-16
下这	-7	-17
下面	-7	-4
不会	1	-2
不可	-9	-5
不同	1	5
不同$	6	-11
不少	-14	-11
不是	-7	2
不知	-17	-8
不能	0	-7
不要	1	-9
不过	-15	-12
不错	-17	-19
与	11	5
专业	4	-16
专辑	-8	-19
世	9	-11
世界	8	-13
世界$	-17	-7
世纪	7	-11
丙三	-9	9
东西	-9	-3
两人	1	10
两年	-4	3
个	-3	9
个$	-7	7
个三	-15	13
个不	-11	8
个人	-9	2
个函	-8	9
个句	-13	-3
个可	-10	1
个国	12	-10
个地	8	-11
个大	11	-9
个好	-2	-16
个小	-21	2
个推	-9	18
个数	-9	6
个整	0	8
个方	-12	19
个时	-4	-12
个星	5	-11
个更	-22	24
个月	-9	0
个正	-11	16
个水	-4	3
个目	12	-8
个相	10	-11
个简	-15	9
个自	-1	4
个词	3	-13
个问	-12	0
个高	-10	10
中	4	3
中不	4	-9
中包	-3	-9
中华	11	-8
中国	7	-6
中心	-4	-5
中提	12	-8
中数	9	-9
中文	-9	-6
中文$	-9	-11
中的	-8	-2
中的$	-6	-1
中至	-5	6
中间	4	0
串	5	11
串是	-6	6
为	-5	-7
为一	7	-5
为人	3	-14
为什	12	9
为他	-9	-15
为何	14	-10
为回	-9	11
为多	11	-10
为我	-19	-19
为是	14	-6
主义	14	-7
主要	14	-12
主角	6	-12
主题	-6	-15
主题$	-18	-5
举例	3	-5
举办	7	-8
久	12	-8
么	9	4
么一	-12	9
么不	4	-13
么作	19	-12
么区	19	-8
么在	8	-5
么好	-19	-16
么意	10	-1
么时	-10	-15
么是	40	-16
么是$	18	-8
么样	-13	-18
么用	10	-8
么类	-1	-13
么要	17	-17
么说	-10	-17
么这	-10	10
义	8	-16
之一	3	-6
之一$	3	-6
之前	9	-8
之前$	7	-8
之后	8	1
之后$	10	4
之和	-6	7
之处	-12	10
之间	0	8
乐	-21	-5
乐的	-3	-18
乙	-6	9
乙两	-6	9
也不	-21	-3
也是	2	-13
也有	9	-13
书	-6	-2
买了	-14	11
了	-23	-10
了一	-6	-1
了哪	14	-11
了多	-10	18
了很	-7	-14
了电	10	-2
了解	-2	-18
事	-15	-26
事件	13	-4
事情	-19	1
二	-4	7
二战	18	-14
二次	-5	5
于	4	-8
于什	15	-11
于哪	9	-20
五	-13	22
五个	-5	-15
五十	-15	-3
五年	2	-7
亚	3	-9
些方	15	-20
亡	-3	10
交通	8	-7
产品	-3	-19
产生	7	-4
京	7	-4
人	-4	-1
人一	-8	9
人们	-18	2
人口	3	-11
人员	4	-5
人工	2	-5
人民	-1	-10
人物	3	-9
人物$	7	-15
人的	-15	-6
人说	-8	9
人都	-10	4
什么	19	-2
什么$	10	3
今天	-20	-12
今年	-9	3
介绍	19	-12
从	2	7
从$	5	-4
他们	-6	-5
他的	-6	-5
代	11	-5
代数	-4	7
代的	-5	-8
代码	-14	17
代码$	-12	14
代表	12	-11
令	3	-13
以	2	-2
以下	-22	-6
以内	-14	-4
以及	9	-10
以在	-10	-14
以帮	-8	-16
以提	-7	11
以来	15	-5
以用	7	-1
们分	-7	8
们在	-13	-8
们的	5	2
件	-1	2
价	-8	-1
价值	5	-18
价格	-16	-4
任何	-7	-9
任务	-8	-1
任意	-2	8
份	-7	7
企业	8	-7
优惠	14	-10
优秀	-9	6
会	-8	-1
会发	10	3
会员	9	-13
会的	0	-13
会议	-13	-18
似	5	8
但是	-6	-1
位	9	-3
位数	-6	-8
体	9	-5
体的	6	-7
体积	-13	14
体验	-13	-11
何实	-8	15
何证	-16	17
作	4	-4
作一	-18	-13
作为	0	-6
作品	6	-9
作用	16	-6
作用$	7	-1
作的	12	-6
作的$	14	-13
作者	4	-9
你	-13	-22
你一	-10	-10
你不	-20	-16
你们	21	-12
你会	-21	-6
你可	-17	-16
你在	-15	-7
你好	-15	-14
你好$	-9	-16
你对	-20	-21
你是	-17	-21
你最	-20	-10
你有	-20	-21
你的	-21	-3
你能	-1	-10
你觉	-17	-6
使用	8	12
使用$	10	4
例	-5	-4
例说	3	-5
保护	11	-13
保持	1	-11
保留	12	-8
信	-3	-33
信息	9	-1
信息$	11	-10
修	-14	16
修改	-25	-25
倍	0	19
倍$	2	17
值	-2	3
值得	-14	0
值是	11	-9
假设	-9	10
假设$	-9	10
健康	-11	-14
偶数	-13	11
偶数$	-5	7
儿童	9	-3
元	-18	15
元$	-12	15
元素$	-11	-6
兄弟	-6	-10
克	3	12
党的	15	-13
入一	7	-4
入的	10	-11
全球	3	-15
全长	8	-9
公司	9	-12
公式	-12	17
公式$	-7	14
公里	6	-8
公里$	7	-8
共	-7	7
共和	4	-8
共有	0	15
共有$	-11	7
关于	3	-21
关的	11	0
关系$	-9	-10
关键	10	-20
其中	-14	5
其他	-3	-4
具	6	-7
具有	2	-7
典	3	-14
内存	-11	11
内容	-3	-3
内容$	14	-4
写	-5	5
写一	-39	12
写下	-14	-9
写个	-6	16
写了	10	-7
写出	-21	21
写成	-9	-15
写的	-5	10
准备	-15	-15
准确	-11	-2
几	-9	18
几分	-8	17
几天	18	3
凶手	-11	20
出一	-7	-9
出两	-4	6
出是	-6	8
出版	5	-19
出现	10	0
出现$	-7	11
出生	0	-14
出的	9	-7
出自	6	-4
函数	3	9
函数$	9	11
分	-6	1
分$	-9	-1
分为	9	-22
分之	-8	12
分别	5	0
分布	5	-5
分析	-17	8
分类	3	-13
分类$	-1	-18
分给	-13	20
分钟	-10	-2
分钟$	-9	11
划	-6	4
列举	18	-12
列出	11	-3
列的	6	-5
列表	-16	-3
列表$	-7	1
则	6	4
则$	-5	8
创作	-8	-19
创立	16	-11
判断	-10	12
别	8	-12
别为$	-8	4
别字	-20	-18
别是	7	2
到	-3	-4
到$	-4	-11
到一	-9	2
到了	-6	6
制	8	-3
制作	9	-10
制定	-14	14
制度	8	-7
制成	12	-8
前	4	-7
前提	-12	16
剧	10	-12
剩	-11	11
剩下	-9	15
力	-3	-13
力的	2	-7
办	3	-9
功能	-1	0
加	-3	5
加到	-11	-13
加到$	-11	-13
务	-6	6
务是	6	-2
劣	-14	16
动中	11	-12
动物	-2	5
动画	6	3
动的	2	12
助	-11	2
努力	-16	-16
勾股	-11	22
包括	-3	-12
化学	14	-17
化的	5	-9
北京	0	-9
匹配	-8	10
区	10	-10
区别	21	-10
区别$	17	-9
区间	-14	8
十分	3	-11
十年	-3	-12
千克	-14	14
千克$	-8	1
升	-10	-4
午	-3	-14
华人	3	-10
华的	6	-16
协议	4	-9
单	-12	-7
单介	3	-5
单位	7	-3
单的	-8	0
单词	-9	-13
博物	9	-4
厅	-2	-13
历	4	-10
历史	12	-6
厘米	0	3
厘米$	0	2
原则	9	-5
原则$	9	-9
原因	-12	9
原来	-16	4
原理	15	-10
原理$	14	-9
去	-2	-8
去了	-7	-9
去看	-14	-13
参与	14	-6
参加	12	0
参数	9	-4
参考	17	4
及的	14	-14
友	9	-2
友圈	-12	-15
反向	8	-5
反应	14	-13
发一	-11	12
发出	-10	3
发展	-7	-17
发布	9	-10
发明	17	-18
发现	0	5
发生	7	-2
发行	6	-5
取	-7	8
取消	-11	-9
变量	12	-9
口	18	-13
古代	9	-6
句	-12	-11
句子	-30	-13
句子$	-17	-19
句话	-9	-17
只能	6	-5
叫什	10	-19
可以	1	-8
可能	-1	3
台湾	11	-8
史	2	-15
史上	10	-5
号	11	3
号是	11	-3
司	-10	-17
吃	-9	6
吃了	-8	3
各种	-17	-14
合作	9	1
合物	10	-12
同	7	-3
同学	-17	6
同时	7	-10
同样	5	12
名	0	-13
名为	6	-9
名字	-9	-15
名字$	-7	-12
名是	8	-7
名的	3	-13
名称	6	-12
后	9	-4
后一	10	1
后的	3	-3
向	-2	-14
否可	9	-8
否有	-7	5
吧	-32	-30
含	0	-5
含义	8	-7
含多	16	-14
吸引	-5	-12
告诉	-10	-17
员	-8	0
员工	2	-14
员的	11	-10
呢	-25	-31
周期	9	-9
和	-1	4
和人	-10	-7
和小	0	10
和我	-12	-12
和是	-3	7
和是$	-7	8
和最	-3	-11
和结	12	-2
品	2	-5
品的	-2	-10
哈哈	-24	-20
响	12	-2
响应	-10	11
哪一	16	-8
哪个	22	13
哪些	33	-3
哪些$	17	-2
哪位	25	-11
哪家	11	-9
哪种	-9	15
哪部	10	-12
哪里	11	7
哪里$	5	11
商品	-12	-12
商店	-7	7
啊	-27	-29
喜欢	-29	-9
器	-2	-9
器学	15	-4
器的	9	-3
四个	0	12
四人	5	3
四大	9	-3
回	-8	3
回复	-14	-12
回文	-9	11
回答	12	-5
因	-13	-14
因为	-7	-19
因此	1	-7
园	2	7
困难	7	-9
固定	3	9
国家	5	-13
国家$	5	-7
国第	4	-8
国际	5	-13
图形	6	-2
图片	-9	15
在	4	-5
在一	-9	4
在上	-13	-9
在中	6	-11
在什	8	-8
在使	10	-3
在公	6	-4
在哪	31	-6
在大	4	-10
在家	-12	3
在我	-12	-11
在美	13	-12
在这	-13	-3
地上	5	-8
地区	1	-18
地区$	10	-5
地方	3	-13
地方$	0	-9
地铁	12	-7
地面	6	9
场	5	8
场景	-9	-2
场景$	-7	-9
均值	-7	4
均每	-12	16
均衡	13	-9
块的	17	-6
型	1	4
埃及	12	-12
城市	-2	-13
域	2	-11
基本	18	-12
基础	8	-8
基金	10	-8
处	0	1
处理	9	2
复兴	8	-5
复杂	-13	9
外	10	-5
多少	22	16
多少$	11	4
多的	-8	8
多长	19	-9
多长$	14	-10
多高	15	-11
大	5	-2
大利	-1	-5
大学	5	-8
大的	1	-6
大部	8	-14
大革	9	-7
天	4	-11
天$	-11	13
天可	-9	10
天是	-11	9
天气	-15	-22
天的	-20	-25
夫	5	-6
失败	-8	12
失败$	-8	12
头	-6	-13
奇数	-8	8
套餐	17	-13
她的	-7	-19
好	-25	-13
好的	-21	-9
如下	5	-4
如下$	5	-6
如何	18	18
如果	-3	13
如果$	-9	14
妈妈	-16	-2
妻子	14	2
始的	10	-8
子	-2	-9
子中	-9	-22
子改	-9	-14
子是	6	-8
子里	-11	14
字	-6	-10
字和	-13	-4
字的	-1	-3
字符	-2	10
学	-2	-12
学习	-5	2
学名	2	-15
学家	8	-14
学式	11	-8
它	-14	-3
它们	-3	3
它在	-1	-12
它的	-9	15
安	-3	-17
安全	11	-14
完	-11	16
完全	-8	0
完成	0	7
完美	-16	-12
定	-6	-5
定一	-16	6
定义	10	4
定义$	11	-10
定律	21	-15
定理	-18	9
定的$	13	-7
实现	-25	35
实现$	-9	7
实验	5	-8
宣布	-13	-9
室里	-10	6
家	-3	-13
家公	9	-10
家是	9	-16
家的	15	-6
家餐	-19	-11
容	13	-4
容器	-10	12
对	-14	-4
对话	-14	-23
对象	9	1
导	-14	3
导致	3	-11
将	-12	-4
将$	-13	-6
将一	-9	1
将以	-31	-23
将其	-5	-3
将这	-12	-11
小	5	-11
小学	-14	-6
小时	-1	8
小明	-11	22
小的	-15	4
小组	-4	6
小说	0	-13
小说$	3	-9
少	7	5
少个	5	7
少公	9	-2
少千	-2	8
少天	5	5
少米	1	5
少米$	1	5
少要	-4	7
尔	6	-14
就是	5	-6
尼亚	-2	-12
局	-11	18
展	-2	-14
属于	-10	-17
岁	-18	1
岁$	-8	12
岁时	11	-10
岁的	-1	-13
工业	3	-5
工作	-3	-17
工作$	-5	-7
工具	8	-4
工智	6	-6
差	-10	0
己的	5	-13
已知	1	7
已知$	-8	9
巴黎	12	-6
布	-10	-3
布的	10	-7
师	-7	-8
师傅	-12	10
希望	-16	-12
帝	11	-9
帝国	12	-11
帮助	-13	-5
帮我	-18	-12
常见	15	-7
平	12	-8
平台	9	-5
平均	-10	18
平方	-2	4
年	3	-8
年$	2	-14
年代	-14	-14
年出	10	-6
年发	15	-11
年来	6	-13
年的	5	-2
年级	-9	14
年获	10	-8
年轻	-16	-15
年龄	-17	-2
并且	-5	-1
并以	2	-6
并在	9	-5
广告	-12	-13
广州	12	-5
广泛	5	0
序	3	6
序算	-9	12
应	3	-2
应用	-1	6
应该	-27	3
府	10	-10
度	6	0
度不	6	-7
度为	-2	9
度为$	-2	9
度是	-9	2
度的	-6	12
建一	-4	4
建立	6	-10
建议	-14	-7
建议$	-18	4
建设	11	-7
建造	9	-10
开	-4	8
开发	-4	12
开始	9	-15
开心	-17	-14
开心$	-14	-9
开放	10	-12
式	7	14
式是	-6	9
式有	8	-8
引人	-10	-9
张	-13	-4
当	4	-7
当前	-16	5
当地	6	-12
当时	5	-6
当的	-14	-13
录	-1	-6
录的	8	-10
形式	6	-8
形成	4	-8
形的	-5	6
影	-9	-16
影响	8	-4
影响$	10	-2
径为	-1	8
很喜	-11	-11
很多	-1	-17
很好	-12	-14
很高	-13	-13
律	4	-15
得	11	-3
得了	7	-4
得到	9	3
得好	-20	-19
循环	-2	7
德国	17	-15
心	-7	-12
心理	1	-12
心的	0	-2
忘记	-11	-9
快乐	-5	-15
快速	1	9
念的	7	-14
态	-15	-11
怎么	-11	7
怎样	2	13
思	4	-3
思想	5	-11
性	5	-12
性有	10	-6
性的	18	-16
总共	7	-8
息	7	-11
恰好	-4	7
患者	15	-8
您的	-10	-7
情	-7	-7
情感	-16	-21
情的	-12	-12
情节	-23	-9
想	-11	-8
意义	-5	-8
意义$	-10	-8
意大	2	-4
意思	6	-3
意思$	4	-3
感	-12	-13
感到	-17	-21
感觉	-16	-19
感觉$	-14	-9
感谢	-18	-10
慢	-5	10
成一	-16	-3
成中	-4	-6
成为	13	-5
成功	-4	-17
成的	12	-5
成立	0	13
成立$	-6	11
成英	-12	-8
我一	-24	-10
我不	-9	-6
我也	-22	-22
我今	-19	-12
我们	-25	-6
我会	-12	-3
我写	-23	-23
我去	-12	-10
我和	-11	-8
我喜	-11	-18
我将	-14	-5
我希	-12	-10
我想	-10	-5
我提	11	-9
我的	-18	-10
我的$	-18	-9
我看	-13	9
我给	-10	-15
我聊	-22	-24
我需	2	-9
或	-1	-10
或$	-1	-10
战争	8	-7
战期	17	-8
户的	-4	7
所以	-13	-2
所有	-6	12
手是	-15	12
才能	-6	4
找出	-11	-7
技术	20	-6
技术$	10	-3
把	-11	-6
把$	-19	-3
把下	-20	-11
把这	-16	3
报道	4	-19
担任	-6	-6
拉丁	11	-11
拉伯	11	-7
拥有	0	-14
指导	1	-13
按照	-6	-7
据	8	-7
据以	-19	5
据库	9	-1
排	-8	12
排列	-5	12
排列$	-5	12
排序	-11	3
排查	-14	15
排查$	-13	14
接受	-8	4
接近	0	-11
控制	12	-13
推导	-16	29
推断	-16	21
推理	-18	24
推荐	-8	-11
描写	-4	-18
描述	-14	-20
提供	6	-8
提出	14	-17
提醒	-36	-26
插入	-9	9
播放	-20	-26
播放$	-17	-23
操作	11	9
支持	23	-3
改为	5	-12
改写	-24	-9
改成	-16	-13
改正	-18	-26
改进	-9	4
攻击	14	-10
放	-12	-4
放在	-9	5
政府	7	-13
政治	0	-8
政策$	16	-11
故事	-6	-20
故事$	-12	-22
效果	7	6
效果$	0	8
效的	-1	3
教育	2	-3
数	3	9
数中	5	3
数之	-6	8
数列	-7	14
数和	-10	11
数字	5	6
数字$	-5	5
数据	1	4
数是	-1	6
数是$	-5	7
数有	-13	9
数的	-6	10
数相	-11	13
数组	-5	11
数量	-8	11
整数	-1	8
整数$	-4	4
整除	-14	0
文	-7	-21
文件	9	0
文化	9	-17
文字	-15	-3
文学	-4	-13
文本	-11	-7
文本$	1	-16
文案	-9	-18
文案$	-9	-18
文档	13	-9
文章	-8	-8
文章$	4	-8
料	18	0
料的	11	-3
断	6	-10
斯	4	-2
新的	-14	-3
新闻	-25	-27
方	-1	-9
方式	-5	-3
方形	-6	6
方案	-1	11
方案$	-6	11
方法	0	20
方法$	-2	7
方程	-13	17
方程$	-8	13
方面	-8	4
旅游	-13	-8
旅行	-9	-10
无法	-3	6
日	3	-3
日$	3	-9
日本	8	-9
日语	-14	-12
日语$	-13	-4
早上	-12	-12
早上$	-5	-1
早的	8	-7
时	-7	11
时代	1	-10
时候	1	-11
时期	0	-11
时期$	7	-9
时的	1	10
时行	-11	10
时行$	-11	10
时间	-4	0
时间$	2	-1
明	-1	12
明了	13	-14
明天	-15	-7
星	-10	-24
星是	17	-12
星期	-14	14
春天	-21	-21
昨天	-10	-11
是	-3	5
是$	2	-8
是一	-8	-22
是不	-13	-7
是中	1	-11
是人	-2	5
是什	25	-1
是以	-6	-4
是其	-5	-10
是否	3	8
是哪	36	-13
是在	9	-11
是多	10	4
是如	18	-10
是怎	17	-6
是我	-5	-4
是指	4	-12
是每	3	-9
是由	13	-15
是真	-12	2
是知	16	0
是第	6	-4
是美	-3	-12
是自	15	-11
是谁	22	4
是谁$	14	2
是负	4	-9
是通	9	-6
显示	9	-1
景	1	-8
智能	10	-9
智能$	6	-11
曲	0	-15
更加	-7	-4
更多	-15	0
最佳	-2	-15
最初	0	-14
最后	8	0
最喜	-9	-13
最多	-5	4
最小	-8	8
最早	16	-18
最近	-23	-8
最高	5	-8
月	0	-9
月$	0	-8
有	-2	10
有一	-3	7
有三	1	9
有两	0	4
有人	-9	11
有什	-9	-9
有关	7	-11
有几	24	-14
有哪	27	0
有多	17	2
有学	7	4
有时	-8	-18
有的	-13	0
有限	-3	-8
朋友	-14	-15
服务	-3	10
服务$	-5	9
期	8	-9
期是	14	-5
期的	8	-7
期间$	5	-4
未来	-36	-18
本	-1	2
本地	-3	5
本的	-5	-6
本的$	-1	-11
术	11	-3
机制	12	-8
机构	9	-10
杂度	-7	16
材料	15	-4
条	-4	7
条件	15	-3
来	-14	-6
构成	4	-5
果	-1	7
果所	-8	16
果是	-10	11
果每	-6	11
查	-8	11
标	5	-1
标准	3	-11
标是	7	-4
标题	-12	-10
标题$	-12	-7
树	-2	16
样	-10	-14
根	-10	11
根据	0	8
根据$	3	-9
格	3	-5
案	-9	7
案是	7	-6
桌子	-15	0
梦	6	-2
检查	-14	-4
森林	6	-10
棵	-11	10
植物	15	-4
模式	8	-3
次	4	-4
次方	-12	13
欢吃	-14	8
欢的	-9	-10
欢迎	-7	7
欧洲	6	-17
歉	-16	-21
歌	-11	-17
歌曲	-3	-19
歌曲$	-5	-9
正	-16	-11
正在	-20	-4
正式	-7	-18
正整	-3	4
正方	-12	13
正确	-5	9
此外	9	-3
步	-7	6
段	-6	-5
段代	-5	11
段文	-19	-17
段落	-18	-12
段话	-21	-16
每	-12	8
每分	-10	-2
每天	-5	6
每年	9	-4
每次	-4	6
每秒	-13	12
每秒$	-11	12
每隔	-8	8
比	-17	17
比$	-10	7
比乙	-9	9
比赛	7	-5
比较	-15	23
比较$	-5	12
毕业	12	-10
气	-23	-17
气真	-13	-11
水	-7	7
水中	-4	6
水果	-4	-6
永远	-10	-14
求的	-8	6
求解	-12	19
没有	10	-2
没有$	-15	-15
治疗	11	-11
法	-1	5
法国	7	-6
法将	2	10
法有	8	-10
法语	-17	-20
法错	-11	0
注意	4	2
洞	-13	12
洲	-1	-13
活动	5	-2
流	-1	-6
测试	-8	9
润色	-21	-12
添加	-1	-13
清楚	-10	-19
游戏	9	-3
源于	11	-15
滚动	-3	10
满足	3	1
演员	0	-6
漫画	2	-11
点	-3	-10
点是	12	-8
点的	-10	-14
然后	11	-4
照这	-6	13
爬虫	-9	12
爬虫$	-5	10
父亲	6	-5
片的	0	13
版本	-6	-9
版本$	-8	-7
牌	10	-11
物	-14	0
物理	12	-10
物的	12	-6
物种	9	-8
物质	9	-7
物馆	10	-4
特别	5	-13
特征	-9	-9
特点	-2	-16
特点$	5	-9
状	12	-12
状态	7	-6
独立	3	-12
率	-25	19
环	-12	7
现	-4	9
现一	-8	16
现了	8	-10
现代	-9	-10
现在	-13	-7
现的	-10	4
现自	-10	10
班牙	7	-4
球	-6	3
理	6	-4
理学	7	-11
理想	-17	-20
理的	-2	11
理解	12	-12
理论	7	-13
生	8	-4
生了	8	-1
生于	-5	-10
生命	9	-10
生在	-6	-13
生成	-5	-8
生日	-9	-3
生活	-3	-17
生物	13	-4
生的	0	-5
生长	12	-6
用	12	14
用$	-11	16
用一	-23	-3
用了	1	11
用了$	1	11
用于	15	-11
用什	16	-12
用吗	15	-8
用吗$	15	-8
用多	-13	12
用户	8	2
用是	9	-5
用来	0	-2
用法	-5	-19
用的	11	-4
由	-5	13
由于	8	-9
由哪	19	-13
甲	-3	10
甲$	-4	4
申请	-4	-12
电子	8	-6
电影	-7	-21
电影$	-6	-11
电脑	-11	3
电视	5	-1
界上	9	-4
界大	17	-9
略	-4	-14
的	1	-9
的$	-7	5
的一	-4	-15
的下	-11	1
的不	-7	12
的专	5	-15
的东	5	-9
的两	-6	-9
的个	-7	4
的中	9	-8
的主	6	-2
的事	6	-8
的五	-14	-19
的产	-4	-10
的人	-4	-4
的人$	-14	-8
的任	-4	-1
的优	-6	12
的位	-6	-14
的体	-11	18
的作	12	-14
的信	-11	-6
的值$	-5	8
的关	8	-4
的几	-11	12
的函	-4	5
的列	-3	-4
的创	5	-11
的前	2	17
的动	-4	13
的化	2	-13
的区	13	-5
的十	11	-2
的历	3	-6
的发	7	-14
的变	13	-5
的句	-9	-17
的可	-2	-8
的名	1	-8
的和	-8	8
的哪	20	-13
的四	-12	9
的国	0	-15
的地	-1	-10
的场	-22	-19
的基	10	-6
的大	7	-3
的天	-1	-11
的女	0	-11
的字	5	-2
的学	-7	13
的孩	11	-11
的定	12	-14
的对	4	-17
的属	9	-8
的工	-6	0
的常	11	-5
的平	-9	12
的年	-6	5
的建	2	-15
的开	2	-10
的形	6	-8
的影	3	-10
的微	-6	-23
的总	8	-7
的情	-15	-13
的感	-13	-11
的成	-13	-13
的战	2	-8
的所	5	-1
的排	-2	7
的推	-9	13
的提	-12	-11
的政	6	-4
的故	-1	-19
的效	-17	14
的教	4	-16
的数	-9	3
的整	-1	6
的文	-7	-11
的新	11	-5
的方	3	-4
的日	-4	-3
的时	5	7
的是	-15	16
的是$	-14	6
的最	-2	-8
的服	0	-10
的材	10	-3
的根	-5	8
的歌	-7	-18
的正	0	6
的每	5	-4
的比	-9	3
的父	9	0
的版	-15	-3
的特	9	-4
的理	1	-14
的生	6	-5
的电	-13	-16
的目	-4	-6
的短	-4	-17
的程	-7	10
的第	7	-13
的结	4	4
的编	-4	10
的花	-13	4
的表	-1	-3
的要	8	-4
的证	-13	18
的话	-16	-16
的语	-6	-9
的质	-7	6
的距	-6	7
的车	8	-12
的过	15	-12
的速	-3	6
的重	2	-11
的顺	8	2
的首	6	-6
的高	-4	-5
目	9	-4
目中	5	-8
目前	5	-10
目标	1	-3
目的	1	-12
直径	-7	5
相关	13	-3
相同$	-10	11
相对	7	-5
相比	-15	18
相等	-4	5
相等$	-4	5
相距	-11	12
看	-25	-12
看到	-14	-13
看看	-19	11
真是	-27	-18
真正	-7	3
知	5	7
知识	12	-8
知道	-13	-11
知道$	-12	-8
短篇	4	-9
码	3	11
码中	-13	17
码的	-7	17
研究	2	-7
确	-8	5
确的	-3	8
示	-5	2
社会	11	2
离	1	4
种	14	-9
种方	-5	10
种植	14	-11
科	16	-12
科学	6	-6
科幻	-4	-16
秒	-7	12
积	-9	12
积分	3	11
积分$	-9	13
积极	-19	-16
称	3	-11
称为	5	-5
称为$	6	-10
移动	-10	12
程	4	11
程中	-6	11
程序	-2	21
程序$	0	4
程的	-14	14
程需	-13	12
空气	12	-10
立	5	5
立了	16	-8
立于	2	-5
立方	-3	6
立的	16	-17
站	9	-5
章	2	-8
笑话	-17	-21
符串	-5	10
符串$	5	11
符号	5	-10
符合	-8	0
第	2	4
第一	6	-9
第三	11	-7
第二	16	6
第几	14	-13
等	6	-3
等级	7	-7
答案	6	-2
答问	13	3
策	11	-13
简单	-6	-1
算	-6	8
算一	-9	14
算机	-11	-9
算法	-13	11
算法$	-1	4
管理	5	-5
篇	-2	-17
篇小	7	-10
篇文	0	-7
米	3	1
米的	-9	8
类	-10	-14
类为	-1	-16
类似$	-3	8
类型	-4	-6
类的	3	-7
系	3	-11
系列	9	-12
系是	-4	4
系统	8	-5
素的	-5	1
红色	-9	-2
约	-2	-12
级	13	2
线	8	-5
线是	13	-8
线的	10	-6
组	-4	14
组成	4	-5
组的	-5	9
组织	8	-8
细解	6	-5
绍一	14	-9
经	1	-10
经典	-7	-16
经历	1	-17
经济	3	-8
经过	11	2
结合	2	-9
结果	2	0
结论	-10	10
给	-18	-11
给了	-7	4
给你	-5	4
给定	-14	8
给我	-13	-13
继续	-5	-9
缓存	-4	11
编写	-12	17
编写$	-5	9
编号	-3	4
编码	9	-9
编程	-9	16
编辑	-3	-11
网络	6	8
网页	-2	14
罗马	10	-14
置	0	-10
美丽	-15	-8
美元	-12	1
美国	11	-14
美洲	2	-15
美的	-15	-3
群岛	1	-12
翻译	-22	-18
老人	-15	-5
老师	-14	3
考虑	-7	11
者	9	-5
者是	12	-4
者的	7	-12
而	3	0
而$	2	0
聊天	-26	-19
聊天$	-11	-9
聊聊	-17	-15
职	5	-14
联合	-5	-12
股定	-11	22
背景	4	0
能	-1	5
能保	-10	11
能够	-7	-5
能是	8	-3
能的	-5	3
脊椎	11	-7
脚本	-2	11
自己	-11	-13
自然	-17	-11
至	4	-9
至少	-6	6
色	-3	-10
艺术	-5	-11
节	-12	-10
花	-13	3
若	0	5
若$	-5	5
英国	-1	-11
英文	-3	-12
英文$	-9	-8
英语	-12	-6
苹果	-8	12
范围	5	-7
获取	-9	21
获得	2	-22
获得$	14	-11
营销	2	-10
著名	9	-7
虫	-5	10
虽然	-10	-10
行	-3	5
行为	11	-8
行排	-8	4
行星	9	-8
行的	3	-4
行的$	7	-6
衣服	-8	8
表中	-14	-12
表作	6	-9
表的	9	-12
表示	8	-11
表达	-20	1
被	-6	6
被称	3	-5
被认	8	-2
装	-10	16
装一	-20	20
西	-8	-2
西亚	8	-8
西班	7	-4
要	2	5
要几	17	-4
要去	-12	-11
要多	-6	16
要的	7	-6
见的	14	-7
规则	9	-12
规定	17	-1
觉	-15	-9
觉得	-27	-11
角形	-13	10
角色	8	-15
解	-15	0
解决	-15	15
解决$	-9	11
解释	18	-15
解释$	10	-13
计	-10	5
计划	2	5
计算	-14	15
计算$	-2	7
订一	-14	-22
认为	-1	8
认值	6	-8
认识	-2	-12
让人	-17	-15
让你	-22	-9
让我	-22	-11
记	4	-11
论是	-6	3
设	-4	8
设备	12	-5
设置	-4	-20
设计	7	-1
证	-14	8
证明	-17	26
证明$	-6	11
评价	-1	-14
评分	-19	-23
评论	-8	-17
诉我	-10	-12
词	-4	-17
译成	-22	-12
试	-2	7
诗	-13	-23
话	-8	-14
话中	6	-12
话的	-13	-10
话翻	-9	-6
该数	-8	11
该选	-12	19
详细	9	-1
语	-6	-19
语言	-2	10
误	-12	2
说	5	-2
说在	10	-7
说明$	9	-9
说法	-16	3
说的	-20	-2
说说	19	-11
请介	5	-7
请使	-15	7
请修	-18	-21
请写	-19	-9
请实	-8	8
请将	-16	-12
请把	-9	-10
请推	-8	16
请描	8	-9
请根	-14	5
请求	-3	-1
请编	-11	-4
请翻	-19	-20
请解	16	1
请详	8	0
请说	15	-10
请问	-3	17
请问$	-1	12
谁	15	2
谁发	17	-11
谁是	15	3
谢你	-19	-17
谢谢	-16	-22
象的	12	-10
败	-8	11
质数	-6	3
资	-3	9
资料	17	-6
资料$	18	-4
赛	7	-2
走	0	10
起	13	-9
起来	-22	-11
起源	16	-11
起的	2	-11
超过	8	-12
趣	-13	-2
路线	10	-6
身份	-3	9
身体	4	-9
车	-10	6
车和	-5	5
车的	-13	4
转换	-5	6
载	9	-8
较	-5	12
较大	8	-4
输出	-8	6
边	-4	9
边长	-6	8
达	7	-12
达了	-13	4
达到	17	-10
过	-11	-15
过去	1	-7
过程$	9	7
迎	-10	8
运动	1	-7
运动$	-1	-7
运算	10	-5
运行	-7	11
近	7	-7
返回	-2	6
还剩	-21	10
还是	-28	7
还是$	-10	18
还要	-7	13
这个	-20	4
这么	-19	-14
这些	-11	-7
这句	-19	-19
这条	-15	4
这样	-16	-1
这款	14	-13
这段	-15	-8
这种	-13	0
这篇	0	-10
这部	-16	-14
这首	-2	-16
进	6	-8
进入	1	-8
进制	-12	2
进行	0	-6
连续	-4	16
述一	-25	-20
退货	21	-12
适合	-18	10
适用	10	-13
选择	-7	8
通常	9	-9
通知	-13	-5
通过	15	-8
速度	-10	14
速排	-12	9
造成	5	-4
遇到	-11	3
道	-4	-13
避免	-10	-15
那个	-9	-15
那么	-18	23
那么$	-3	6
邮件	-12	-15
部	3	-13
部分	6	-4
部电	1	-17
都不	-12	-3
都可	-9	8
都是	-1	3
都有	0	7
醒	-19	-10
释	10	-13
释一	12	-7
里	5	8
里的	7	0
重	0	-10
重复	-15	-1
重新	8	-15
重要	10	-5
重量	-10	5
量	-2	-7
量子	12	-13
量是$	-9	9
量的	-6	-11
金属	10	-8
钟	-18	-10
钱	-13	-3
错	-22	-6
错别	-20	-18
错误	-3	2
错误$	-12	2
长多	11	-5
长方	-5	5
长是	4	-4
长是$	-12	10
长的	2	2
问	1	10
问题	7	-2
问题$	7	-4
间	2	-4
间复	-7	16
间的	1	-8
闹钟	-26	-28
阅读	6	-2
阿拉	11	-7
限制	1	-8
院	6	-8
除	-5	2
需要	5	1
需要$	-8	14
非常	-19	-27
面	-11	0
面是	8	0
面的	2	7
面积$	-8	10
面这	-17	-16
革命	10	-7
音	1	4
音乐	0	-21
音乐$	-20	-13
项目	10	-6
预算	-9	12
预订	-25	-26
领导	-15	-14
题	-1	-8
颜色	6	-4
风格	-11	1
风险	6	6
食	0	-13
食物	1	-13
食物$	-14	-11
餐厅	-7	-18
餐厅$	-6	-12
馆	0	-12
首次	13	-6
首歌	-8	-20
首都	5	-12
香港	6	-10
验	-10	-12
高兴	-16	-11
高度	4	-7
高效	-3	12
高的	4	0
鱼	-10	7
黑洞	7	-4
默认	12	-8
]==]
