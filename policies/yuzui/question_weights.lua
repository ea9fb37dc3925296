-- Made by learn.py: do not edit. Each line: a feature, what it adds to "knowledge", what it adds to "reasoning"
-- (sixteenths; "default" stays at 0). See README.md for the data and how well it does.
return [==[
!	-13	-25
"	-6	-10
"""	8	6
")	11	1
",	5	7
".	12	1
$	-11	21
$(	-14	13
$.	-12	15
$\	-15	22
%	6	10
&	5	-6
'	1	2
''	-11	0
'''	-2	12
')	-8	11
',	-5	6
(	4	7
('	-6	11
((	-4	11
()	16	5
(-	-1	11
)	-2	3
))	-9	17
));	-4	4
),	8	-7
):	-4	11
);	2	9
*	3	3
+	3	7
,	-5	-2
-	-1	-3
."	-2	-16
...	-11	-3
/	6	3
0	-5	11
0 0	4	4
0 a	-2	4
0 and	-3	8
0 apples	-17	16
0 at	-8	-13
0 b	3	6
0 c	1	-5
0 cm	-4	5
0 d	-10	3
0 days	1	9
0 e	-4	0
0 for	-11	5
0 hours	-14	13
0 how	-11	13
0 in	0	-3
0 is	-6	7
0 m	-7	3
0 minutes	-10	8
0 more	-4	4
0 n	-9	13
0 of	1	16
0 on	-6	-1
0 people	-6	3
0 that	2	-15
0 the	10	-9
0 times	-11	15
0 to	-5	7
0 what	-11	11
0 x	-6	5
:	-8	-14
://	10	-5
;	-1	4
<size0>	-31	-34
<size1>	-52	-45
<size2>	-9	-24
<size3>	10	-10
<size4>	9	0
<size5>	-23	5
<size6>	-23	9
<size7>	8	-18
<size8>	25	-5
=	-12	11
=>	-8	10
>	2	10
?	25	12
?"	11	-5
[	-3	0
\	-11	23
]	3	2
^	-5	9
^ 0	1	4
^ a	-1	10
^ are	7	-23
^ c	-8	5
^ can	8	-2
^ convert	-18	-6
^ create	-22	0
^ def	-4	9
^ describe	16	-14
^ do	18	-9
^ document	8	-7
^ does	10	-14
^ explain	24	-13
^ find	14	-4
^ given	-16	4
^ good	-21	-12
^ hello	-21	-11
^ how	14	-10
^ i	-10	-13
^ imagine	-19	-11
^ implement	-15	20
^ in	2	6
^ is	-4	2
^ it	-19	-9
^ javascript	0	5
^ john	-12	8
^ let	-8	-11
^ list	16	-14
^ make	-19	-9
^ n	-8	11
^ on	-6	11
^ paraphrase	-13	-13
^ play	-15	-15
^ please	-9	-13
^ put	-23	-15
^ python	-13	19
^ rewrite	-18	-17
^ search	17	-7
^ set	-4	-18
^ show	1	16
^ tell	1	-20
^ the	-6	-10
^ translate	-17	-19
^ true	-14	13
^ turn	-16	-17
^ what	3	-18
^ when	28	-18
^ where	15	-13
^ which	17	-11
^ who	23	-24
^ will	9	-19
^ write	-20	-5
^ you	-30	-26
^一个	-6	15
^下面	-7	11
^中国	10	-5
^为什	14	3
^什么	13	-12
^以下	-16	5
^你们	22	-12
^你是	-24	-22
^你能	-12	-12
^使用	-2	13
^写一	-25	12
^写个	-12	19
^如何	14	13
^如果	-3	13
^实现	-5	12
^对于	-14	-2
^将	-16	-7
^将以	-25	-21
^小明	-9	14
^帮我	-12	-13
^我想	-10	-8
^把	-18	-3
^把这	-13	-16
^是什	20	-17
^有一	-9	8
^有哪	16	-11
^求解	-8	15
^用	-12	16
^编写	-12	-8
^解释	20	-12
^计算	-8	10
^请介	19	-9
^请写	-20	-7
^请把	-11	-12
^请描	10	-10
^请解	18	-8
^请说	18	-17
^请问	15	-6
^谁是	18	-12
^这个	-18	-6
`	9	-3
```	-19	24
a	-4	1
a 0	3	-5
a b	-5	10
a brief	9	-13
a c	-13	14
a class	-10	8
a day	-8	-13
a dog	-11	-9
a function	-4	19
a good	0	-6
a java	-12	24
a javascript	-3	14
a job	-18	-11
a joke	-26	-7
a python	-6	20
a rate	-15	18
a recipe	14	-4
a red	-7	12
a reminder	-23	-12
a reverse	19	-14
a second	5	-10
a sentence	-20	-19
a set	1	15
a short	-1	-6
a simple	6	-1
a string	-9	10
a table	-14	-12
a text	-15	-8
able	-10	-2
able to	-10	-2
about	-1	-29
about the	10	-16
above	-3	7
accepted	13	0
according	10	-15
according to	10	-15
account	25	-7
act	-6	-16
add	-9	15
add 0	-8	7
advice	-23	-17
africa	7	-14
after the	-4	7
again	-6	-4
against	11	-15
agent	5	-12
ai	-33	-25
algorithms	10	-13
alice	-11	6
all	-8	5
along	-7	-14
already	-14	6
also	2	-12
american	4	-22
amount	-3	8
an	-5	12
an international	8	-11
ancient	-13	-21
and	-1	0
and 0	1	6
and a	0	9
and each	-1	11
and false	-14	20
and i	7	-6
and in	8	-4
and its	8	-3
and one	-5	8
and other	-12	-2
and returns	-4	6
and tell	-18	-1
and the	5	-11
and their	4	-12
and two	-7	10
and why	-4	18
angeles	9	-4
animal	-13	-4
animals	-4	6
another	10	-6
answer	5	-1
any	4	-4
api	1	12
apple	13	0
are	1	-3
are 0	-5	17
are a	5	-14
are an	-6	-9
are in	15	-7
are not	6	-9
are the	3	4
are you	-22	-27
arranged	-5	22
array	-4	4
article	14	-9
as a	-7	-11
as an	5	-10
as many	-6	7
as much	-9	8
as the	4	-5
ask	-21	-13
assistance	8	-12
at	-6	-4
at 0	-16	-2
at a	0	-5
at the	-11	6
australia	15	-7
author	1	-9
available	10	-14
b	-6	15
b 0	-3	8
b b	-4	2
b c	-6	16
back	-1	-17
bakery	-8	-8
ball	-10	11
banana	-8	12
base	-13	8
based	8	-6
based on	4	-6
bash	-4	13
be	2	-1
be the	-4	8
beat	7	-7
because	15	-16
become	0	-13
been	2	-21
before the	-11	4
begin	9	-6
being	-1	-11
best	4	-16
between	4	0
birthday	-23	-7
black	16	3
block	8	-15
blue	-8	7
bob	-13	10
body	10	-11
book	-11	-12
books	11	0
born	-6	-17
both	0	-2
bought	-4	7
brief	9	-13
bring	-12	9
building	-1	-5
business	-9	-3
but	0	2
buy	-11	6
by	1	5
c	-3	20
c 0	1	4
c a	-4	6
c d	-3	14
calculate	-9	19
calculate the	-9	17
call	-17	-20
called	5	-6
calories	18	-19
came	11	-5
can	3	-2
can i	8	-17
can you	-2	6
car	15	1
card	36	-11
cards	24	-11
cases	10	-11
cash	14	-6
center	6	-8
central	12	-11
challenges	-16	-16
change	-2	-9
changed	18	-8
character	2	-11
characters	-10	10
charge	18	-11
chinese	-10	-18
choose	-7	8
church	-2	-17
city	2	-15
client	-6	-14
closed	-11	1
cm	-4	8
code	-8	22
combined	-11	4
come	-9	-12
come up	-19	-12
common	6	-3
company	-9	-10
compare	-9	20
compose	-20	-9
compute	-13	13
computer	0	-12
considered	1	-11
console	-7	11
console log	-8	10
const	-4	6
construct	-9	17
contains	0	9
content	13	-10
content of	13	-5
context	25	-15
continue	-12	-8
convert	-7	0
correct	-20	9
costs	-2	10
costs 0	-6	10
could	-6	7
could be	1	-12
could you	-2	-14
count	-2	7
countries	10	-13
country	-2	-14
cover	3	-15
create	-7	-3
create a	-21	10
created	3	-6
credit	16	-3
css	19	7
currency	14	-8
d	-9	12
d 0	-2	13
data	2	6
david	-7	-5
days	0	8
death	0	-16
def	-4	12
deliver	-11	-5
describe	-7	-21
describe the	-25	-17
describing	-12	-5
design	-14	12
details	13	-10
determine	-15	-13
developed	5	-16
dictionary	-5	7
did	10	-3
did the	10	-1
died	7	-4
difference	13	-10
difference between	12	-10
digit	-10	13
discovered	6	-18
distinct	-14	5
do i	9	15
do we	17	-13
do you	3	-11
document	23	-11
does	9	4
does a	18	-14
does the	9	-4
dog	-10	1
doing	1	-7
dollars	5	5
down	-13	11
dr	10	-13
during	2	-15
e	1	8
each	-14	11
early	7	-20
edge	-6	-6
element	-9	15
else	-16	-17
email	-18	-1
end	3	10
england	13	-14
entire	1	5
equation	-7	9
error	16	2
etc	11	-9
event	10	-8
ever	-9	-13
every	-3	21
exactly	-10	6
example	5	18
exchange	20	-19
exchange rate	10	-14
exists	-16	22
experience	1	-6
expert	-15	-9
explain	16	10
express	-5	8
extract	10	-1
extract the	10	-1
face	-8	3
factorial	-8	8
facts	11	-15
fails	-8	16
famous	1	-15
fast	11	-12
february	8	-12
feel	-23	-17
fees	8	-5
file	-8	13
film	2	-13
finally	-4	14
find	2	12
find a	-13	5
find the	10	3
five	-6	9
fix	-18	12
fix the	-15	15
flight	8	-18
following	-12	-6
food	8	-4
football	9	-15
for	5	-6
for 0	-18	-3
for a	-16	-9
for me	-17	-12
for my	-5	-24
for the	-7	3
for your	-5	-19
form	6	-1
format	-9	15
forms	6	-13
forward	-9	2
found	-7	2
founded	8	-6
frac	-7	13
frac 0	-5	11
france	7	-16
french	-18	-14
friday	-17	-7
friend	-9	-6
from	-1	-1
from a	-3	0
from the	3	3
fruits	-10	14
function	-5	25
function that	-6	16
function to	-4	18
funny	-22	-15
gas	7	-12
general	10	-7
german	-3	-18
get a	12	-12
get the	20	-7
gets	2	3
gift	-19	1
give	-3	7
give me	3	-6
given	4	5
given a	0	4
given string	-12	13
given the	-5	-13
global	0	-11
go	-7	7
go to	3	-10
goal	-2	-4
god	-2	-14
going	-5	-12
good	-7	-18
government	7	-8
great	5	-16
greek	-1	-14
green	0	1
group	-9	-1
grown	-14	-7
h	11	-6
had	0	-6
half	-3	14
half of	-12	14
has	4	3
has been	5	-24
has grown	-13	-8
has the	21	-5
has to	-12	8
have	-7	2
have a	-5	6
have been	6	-13
have to	8	-3
having	-6	9
he	-8	7
he has	-8	10
heads	-22	-7
health	-2	-14
healthy	12	-13
height of	-8	9
held	7	-10
hello	-15	-5
hello world	-1	23
help	-14	2
her	-14	8
here	-11	-10
hey	-21	-17
hi	-26	-14
high	9	-11
his	-4	7
historian	-19	-18
history	8	-11
hold	18	-9
hour	-9	4
house	-6	-17
how	10	9
how are	-11	-14
how do	-7	-1
how long	17	-2
how many	4	19
how to	9	-1
how would	-16	-4
https	10	-5
human	1	-6
humans	-4	-12
i	-3	-8
i am	-10	-17
i be	16	-7
i do	3	-14
i fix	-15	19
i get	5	-17
i have	-14	4
i m	-1	-20
i need	5	-12
i want	-4	-17
i would	-2	-10
ice	8	-9
idea	4	-14
ideas	6	-14
if	-1	2
if 0	-19	22
if a	9	2
if he	-5	7
if i	12	-9
if the	4	-7
if there	0	8
if you	-1	4
imagine	-16	-11
imagine you	-17	-8
implement	-12	24
implement a	-9	18
in	7	1
in 0	0	-7
in a	-4	10
in each	-8	9
in england	5	-7
in her	-8	10
in how	-1	6
in order	4	-2
in other	13	-8
in paris	10	-7
in python	-10	18
in this	-1	-15
in total	-13	12
in what	2	-6
in which	13	-7
in your	-2	-16
include	-2	-16
increase	-10	-21
india	17	-13
information	14	-9
information about	11	-6
ingredients	14	-9
int	-5	10
integer	-6	17
integers	-8	10
intelligence	8	-7
interest	21	-1
international	8	-5
into	-6	-3
into a	-1	2
is	6	6
is 0	-12	17
is a	13	-8
is called	12	-9
is in	13	-5
is on	-6	-8
is the	0	5
is there	0	-15
is this	-13	4
is your	-12	-19
it	-4	1
it be	14	-4
items	-10	4
its	1	-1
java	-1	15
javascript	-1	22
javascript function	-6	11
joe	-18	-10
john	4	3
joke	-26	-13
js	13	6
just	-6	-4
kind	4	-16
kind of	1	-5
kingdom	-3	-17
know	9	-7
know how	8	-8
know the	19	-9
knowledge	4	-13
known	3	-21
known as	7	-15
l	-4	4
lambda	-13	13
language	-3	-8
largest	0	-10
last	8	9
late	-10	-6
later	11	-4
learning	11	-5
led	1	-17
left	-15	5
length	-8	9
length of	-2	6
less	-5	10
let	-13	-4
let s	-16	-7
letters	-5	1
level	-12	-11
lies	-9	13
life	-23	-16
light	8	-13
like	-8	-21
like to	-16	-15
limit	16	-4
line	9	2
link	11	-6
linux	11	-5
list	-18	-6
list of	-7	-2
local	3	-2
located	2	-11
log	-3	14
logically	-5	18
long does	11	-3
look	19	-13
los	9	-4
los angeles	9	-4
lost	11	-16
louis	-15	-2
lru	-13	18
m	-10	-4
m 0	-8	3
made	-1	-11
main	10	-2
major	0	-13
make	-8	-4
make this	-19	-10
many	5	19
many ways	1	6
map	-3	14
march	-10	-16
market	5	-11
mars	1	-12
math	-9	15
may	-4	-15
me	-1	-12
me a	-20	-16
me about	8	-3
me the	13	-13
me to	-9	-20
mean	1	-7
meaning	-10	-26
meaning of	-10	-13
means	15	-17
meeting	-25	-23
methods	13	-6
microsoft	11	-9
minimum	10	-6
minute	-20	-4
model	14	1
money	13	2
more than	-6	12
morning	-19	-14
most	2	-7
mother	-8	-16
movie	5	-12
moving	1	-9
much	-4	1
much does	-6	8
music	-2	-15
my	1	-20
my 0	23	-13
name of	6	-8
natural	0	-12
nba	13	-8
near	3	-9
necessary	10	-13
need	4	-8
need a	12	-6
needed	2	-7
needed to	-11	14
needs	-11	-1
negative	-12	-19
next	-3	1
nice	-22	-15
no	-2	-6
non	-2	8
none	-9	8
north	1	-8
not	-4	10
nothing	-18	-14
now	-12	-14
number	0	7
number of	-4	2
numbers	-7	19
nutrition	27	-14
odd	-11	13
of	6	-1
of 0	-7	3
of a	-2	5
of an	-9	0
of integers	-4	6
of its	5	-1
of numbers	-7	12
of students	-5	6
of the	5	7
of them	-8	11
of these	2	-4
of this	-9	0
of three	-9	7
of water	-5	11
of what	5	-11
of your	-21	-12
off	5	-18
oil	22	-3
old	-7	2
olympics	14	-12
on	2	-11
on 0	2	-16
on a	-6	5
on my	-13	-17
on the	4	1
on this	15	-16
online	-12	10
only	0	12
only the	10	-7
options	-9	13
options a	-6	14
or	-7	5
or a	-4	-6
or not	-5	0
order	-6	9
organization	-3	-17
other	5	-14
our	0	-21
out	-5	10
output	-4	9
over	-8	-6
own	-3	-12
pair	-13	-2
paragraph	-20	-5
paragraphs	-5	8
paraphrase	-13	-25
paraphrase the	-13	-13
paris	10	-12
part	3	-10
part of	7	-15
path	-3	11
people	-9	-2
per	-1	11
percent	-6	11
percentage	-8	14
perfect	-8	11
period	-6	-9
personal	10	-4
pet	-15	2
phone	-36	-15
pick	-17	-9
pink	-5	9
pizza	7	-11
place	-3	-10
plan	7	-17
plant	-14	-8
play	-14	-12
played	8	-14
playing	-7	4
playlist	-28	-9
plays	18	-7
please	-15	-26
poem	-12	-14
point	-3	9
points	5	-8
policy	11	-10
political	-4	-19
popular	11	-8
position	5	-2
positive	-13	-12
positive integer	5	-4
possible	1	-16
post	-1	-18
power	6	-12
practices	13	-15
price	-9	0
price of	-7	4
print	-8	10
prior	12	-10
problem	8	3
problems	7	-10
process	2	-14
product	-2	7
product of	-2	9
profit	-5	6
proof	-22	33
provide	7	-13
provide a	5	-6
public	4	-7
put	-5	-11
python	-7	33
python function	-2	11
query	-12	16
question	14	-5
questions	-13	-19
r	-3	-4
random	5	-4
range	0	11
rate	13	4
rates	12	-7
ratio	-6	12
ratio of	-7	9
re	-6	-3
read the	6	-3
reads	-1	19
real	8	-8
really	3	-11
reason	-24	15
receive	11	-6
receives	-8	10
recent	13	-12
recipe	24	-6
recipe for	18	-8
refund	19	-16
released	10	-4
remaining	-10	10
reminder	-25	-11
represent	7	-9
require	15	-4
research	9	-14
response	6	-11
responsible	-15	-12
responsible for	-15	-12
rest	-10	24
return	7	11
return the	12	-10
return to	-7	2
returns	-6	10
returns the	-6	8
rewrite	-20	-12
right	-9	4
role	-10	-19
roll	-16	-22
room	-17	-10
russia	7	-10
s	2	-5
same	-3	8
say	-24	-27
says	-8	14
science	5	-8
scientific	8	-12
score	9	-5
scratch	18	-14
script	-3	23
script that	-9	15
search	16	6
search for	19	-3
season	2	-25
seconds	-8	7
see	-8	3
see you	-11	-16
select	5	-2
sense	6	-10
sentence	-30	-33
sequence	-9	14
series	14	-2
service	1	17
services	10	-14
set	-12	-4
set a	-19	-13
set of	0	15
settings	-15	-20
share	-12	-15
she	-6	6
shell	-12	21
shopping	-24	-14
short	0	-6
should i	-7	-20
show	13	14
show the	7	-12
significance	-3	-18
simple	6	-1
sin	-3	13
sin x	-6	13
since	5	-14
six	-2	14
small	-16	9
smallest	-6	12
so	-7	6
social	0	-10
society	-1	-15
someone	-14	3
something	-11	-17
song	-10	-12
sort	-13	17
sound	-12	-9
source	11	-12
space	3	-8
spanish	-12	-22
speak	-20	-15
special	13	-9
speech	-28	-18
spend	-12	9
sql	-9	16
sqrt	-8	10
square	-3	7
starting	2	14
starting point	-1	11
starts	-7	11
state	13	-13
states	8	-19
station	2	-7
stay	-21	-3
steps	7	9
still	4	-13
stock	1	-9
story	-14	-13
string	0	13
string and	-3	9
studio	8	-11
such	-6	-7
such as	2	-22
suggest	-19	-20
sum	-4	5
sum of	-4	8
summary	21	-7
summary of	20	-6
super	13	-9
super bowl	12	-9
support	10	-13
switch	-15	3
table	-9	-1
take	-8	0
take a	10	-6
take to	13	-4
takes	-3	14
takes a	-4	6
talk	-17	-17
talking	-16	-16
techniques	17	-9
tell	3	-4
tell me	9	-14
ten	-18	-14
tesla	7	-15
text	-2	-16
than	-3	6
thank	-8	-18
thank you	-8	-18
thanks	-21	-19
that	-1	8
that i	-12	-7
that is	2	-10
that takes	-5	9
that the	-7	10
that would	6	-11
that you	-2	-15
the	1	1
the 0	-1	-13
the amazon	6	-5
the answer	11	-6
the black	12	-7
the book	11	-1
the content	17	-1
the current	15	-3
the difference	12	-9
the distance	-10	9
the entire	1	5
the first	11	3
the following	-12	-5
the french	7	-9
the function	-5	5
the given	8	-1
the international	14	-11
the largest	1	-10
the length	-9	11
the list	-5	-10
the main	7	-8
the meaning	-15	-14
the minimum	9	-5
the most	2	2
the name	1	-5
the next	-10	-10
the number	-1	7
the other	11	-11
the output	-5	6
the price	-20	2
the probability	-5	6
the product	-8	7
the question	11	-5
the remaining	-8	12
the role	-21	-19
the same	-2	8
the second	-1	7
the sentence	-20	-15
the set	-12	14
the sum	-8	13
the table	-9	9
the text	6	-9
the third	-5	15
the top	14	-6
the total	-4	13
the uk	5	-13
the united	-3	-13
the us	12	-8
the user	4	2
the value	0	3
the week	-10	12
the weight	-8	8
the world	-4	-10
their	-4	-9
them	0	3
them to	-17	-4
then	-8	-1
there	8	4
there a	5	-13
there are	2	11
there in	7	-11
they	-11	5
they have	-4	6
things	-23	-15
third	-3	3
this	-12	-5
this is	-4	-8
those	5	-10
three	-14	15
through	3	0
time	-4	0
times	0	10
times as	-8	11
to	-1	-11
to 0	-2	8
to a	-12	11
to be	10	-15
to change	19	-3
to do	1	-12
to find	3	9
to go	10	-11
to have	3	-12
to his	-6	14
to know	14	-6
to make	13	2
to me	-8	-17
to my	-27	-30
to read	-11	11
to use	5	-2
to you	-17	-14
today	-6	3
told	-10	-2
tomorrow	-10	-20
top	25	-16
top up	21	-8
topic	-2	-13
total	-6	3
total number	-10	1
traditional	9	-8
training	16	-11
transfer	25	-12
translate	-17	-21
translate into	-17	-13
translation	18	-15
travel	22	-8
tree	-1	14
triangle	-9	12
true	-7	19
tuesday	-18	-10
tuple	-3	15
turn	-24	-11
twice	-17	18
twice as	-13	7
two	-7	0
txt	-8	14
type	9	0
type of	6	-10
u	-11	5
uber	-26	-23
uk	-1	-14
uline	-8	10
under the	2	-13
united	-3	-12
united states	1	-14
up	-2	-5
up to	2	13
up with	-8	-12
us	8	-12
use	8	3
used for	10	-9
user	3	5
uses	10	-9
using	0	8
using a	-13	7
valid	-9	15
value	1	17
values	-5	4
ve	6	-11
version	5	-6
virtual	17	-12
visa	26	-15
voice	-20	-15
volume	-10	-11
w	10	-9
want	-10	-8
want to	-3	-1
war	1	-16
was	5	-11
was 0	-3	14
was a	6	-3
was the	12	-4
ways to	8	-11
we	-5	1
we have	10	-9
web	-11	15
website	11	-11
week	-25	12
weight of	-5	8
went	-4	6
went to	-3	7
were	0	-3
what	11	-5
what are	3	1
what do	-7	-15
what does	-2	-8
what is	14	9
what kind	3	-8
what percentage	-8	14
what s	-4	-4
what the	13	-10
what type	13	-8
what would	-11	3
when	11	4
when did	21	-9
when does	26	-10
when is	4	-11
when was	19	-9
where	10	-3
where can	13	-6
where do	20	-13
where i	-10	-18
where the	3	4
whether the	-4	11
which	14	4
which are	-4	5
which of	-6	10
while	-1	-9
white	8	4
who	10	-6
who has	2	-7
who is	-9	-6
who plays	13	-6
who was	7	-5
who won	20	-8
who wrote	15	-6
whole	-5	16
why	0	16
why does	-12	12
will	4	4
will my	20	-5
william	5	-9
wish	-6	-14
with	-3	0
with 0	-10	12
with a	-1	-12
with my	-20	-11
with the	-5	-13
won	11	-4
won the	11	-6
work	1	-7
working	-9	-1
works	0	-27
world	1	-9
would	-2	6
would be	-3	7
would you	-20	-2
write	-19	14
write a	-27	8
written	-4	-17
wrong	17	-6
wrote	11	-5
x	1	9
x x	-6	14
x y	8	-8
y	-7	4
y 0	-8	5
year	-5	-6
years	-5	-2
yes	-12	-2
you	-36	-17
you are	-7	-21
you can	-7	-18
you choose	-5	6
you give	1	-10
you have	-4	-11
you help	9	-14
you know	7	-11
you need	14	-7
you re	-16	-2
you say	-32	-11
you tell	4	-15
you to	-23	-15
you write	-17	32
young	-3	-6
your	-37	-17
z	13	0
{	-12	17
}	-11	13
}$	-5	7
}^{	-4	4
}{	-5	12
一	4	-8
一下	7	-1
一个	-14	15
一个$	-11	9
一些	-13	-8
一些$	-15	-3
一共	-2	16
一句	-16	-10
一只	-10	11
一场	-11	-5
一天	11	16
一定	-2	5
一家	-16	-17
一封	-18	-23
一年	19	-4
一年$	11	-1
一条	-11	-5
一段	-16	-26
一点	-18	-14
一点$	-14	-19
一直	-9	6
一种	-9	-8
一篇	-18	-22
一首	-26	-29
三个	11	-14
三人	-5	13
三种	10	-10
三角	0	11
上的	-1	-16
下	10	-5
下一	-7	-2
下什	6	-10
下列	-16	1
下句	-19	-12
下文	4	-17
下这	-9	-17
下面	-9	-5
不同$	12	-18
不少	-14	-11
不是	-6	2
不知	-21	-11
不过	-14	-12
与	11	5
专业	3	-17
世界	8	-16
世纪	11	-10
两人	0	13
个	-4	9
个$	-9	9
个三	-12	11
个不	-13	7
个人	-7	1
个函	-8	9
个句	-14	-3
个国	12	-10
个地	5	-17
个大	12	-9
个小	-24	0
个数	-8	4
个整	-1	7
个方	-15	23
个正	-11	12
个简	-14	8
个问	-12	0
中	4	3
中华	10	-11
中国	7	-8
中提	13	-10
中文	-2	-7
中文$	-10	-12
中的	-9	-4
中的$	-6	0
为	-7	-10
为一	7	-4
为什	12	9
为多	13	-12
为是	15	-5
主义	14	-8
主要	14	-15
主角	8	-13
主题	-10	-16
主题$	-19	-6
么	9	4
么作	21	-13
么区	20	-8
么时	-10	-18
么是	42	-17
么是$	18	-9
么样	-13	-18
么要	17	-18
么这	-14	13
义	7	-17
之一	3	-7
之前	9	-8
之后	10	1
之和	-14	4
之间	2	7
乐	-14	-5
乙	-6	10
乙两	-9	17
也不	-21	-4
也是	-1	-16
也有	8	-16
买了	-15	9
了	-22	-12
了一	-7	0
了哪	16	-10
了多	-9	21
了解	-5	-21
事	-13	-26
事件	16	-4
事情	-18	-3
二战	25	-15
二次	-4	6
于	6	-10
于什	15	-11
于哪	9	-23
五	-16	22
五个	-5	-14
些方	15	-21
交通	7	-7
产品	0	-16
产生	8	-6
人	-5	-2
人们	-18	2
人口	4	-15
人民	-4	-10
人物$	7	-18
人的	-15	-4
人说	-8	9
人都	-10	5
什么	20	-2
什么$	9	4
今天	-23	-12
今年	-11	2
介绍	23	-14
从	4	9
从$	6	-5
代	9	-6
代码	-15	17
代码$	-12	15
代表	15	-14
令	0	-14
以下	-27	-6
以内	-16	-6
以及	10	-10
以用	6	0
们的	4	1
件	0	4
价	-7	-5
价值	2	-17
任何	-8	-10
任务	-10	-1
任意	-3	8
会的	-2	-15
会议	-14	-19
似	1	9
但是	-7	-3
体	9	-4
体积	-11	14
何实	-8	14
作	2	-9
作一	-20	-18
作品	4	-12
作用	18	-10
作的	13	-8
作的$	14	-12
你	-16	-25
你一	-11	-9
你不	-21	-19
你们	22	-12
你会	-20	-8
你可	-19	-17
你好	-16	-16
你是	-20	-19
你最	-20	-11
你有	-23	-23
你的	-22	-8
你能	-1	-12
使用	7	12
使用$	9	4
保护	9	-17
保留	11	-9
信	-4	-35
信息	8	1
信息$	10	-11
修	-14	17
修改	-27	-30
倍	-3	13
倍$	-2	15
值	-3	3
值是	12	-10
假设	-11	9
假设$	-7	9
偶数	-14	11
元	-17	13
元$	-12	16
元素$	-11	-5
入的	10	-11
全球	3	-17
全长	11	-6
公司	10	-15
公式	-14	20
公里	6	-17
公里$	10	-17
共	-6	6
共有	-1	14
共有$	-14	12
关于	3	-22
关系$	-9	-13
关键	10	-21
其中	-13	6
具有	4	-10
典	2	-15
内存	-10	11
内容$	13	-4
写	-6	7
写一	-41	10
写个	-6	14
写出	-23	24
准确	-10	-2
几	-9	23
几分	-7	21
凶手	-17	27
出一	-9	-7
出版	5	-17
出现$	-6	10
出生	1	-14
出的	10	-8
函数	3	9
函数$	8	10
分	-6	2
分$	-7	-5
分为	8	-22
分之	-8	13
分别	7	1
分析	-19	11
分类	2	-16
分类$	-3	-17
分钟	-12	-3
分钟$	-13	13
划	-6	6
列出	12	-7
列表	-17	-3
列表$	-7	3
创作	-8	-23
创立	20	-16
判断	-10	10
别	7	-12
别是	7	1
到	-3	-7
到了	-3	7
制作	7	-12
制定	-17	16
前	4	-6
前提	-15	18
剩下	-11	16
加到	-15	-17
助	-14	1
勾股	-8	18
包括	-3	-15
化学	18	-19
区	13	-20
区别	23	-10
区别$	18	-10
十年	-2	-11
千克	-11	13
千克$	-10	6
单	-17	-8
单位	6	-4
单的	-10	-1
单词	-10	-13
厅	-4	-14
历史	16	-9
厘米	0	4
原因	-14	10
原来	-14	2
原理	16	-10
原理$	15	-10
去	-3	-12
参加	9	-2
参考	22	-1
及的	16	-15
反应	14	-15
发一	-12	13
发展	-6	-16
发布	8	-11
发明	15	-17
发现	3	4
变量	12	-9
口	18	-21
古代	11	-9
句子	-33	-14
句子$	-18	-18
句话	-9	-18
叫什	9	-18
可以	1	-7
可能	-4	4
台湾	11	-12
号	11	5
号是	10	-1
司	-9	-16
吃	-13	1
各种	-5	-20
合作	8	3
同学	-19	6
同时	3	-9
名	1	-10
名字	-11	-20
名称	4	-12
后	8	-5
后一	10	1
向	-2	-15
吧	-35	-32
含多	21	-19
吸引	-6	-13
告诉	-14	-20
员	-7	0
员工	4	-15
员的	14	-14
呢	-27	-32
和	0	2
和小	1	11
品	1	-8
响	11	-2
哪一	16	-8
哪个	18	14
哪些	33	0
哪些$	16	-2
哪位	26	-11
哪种	-6	13
哪里	12	8
商品	-12	-14
商店	-10	9
啊	-28	-30
喜欢	-33	-10
器学	14	-1
器的	15	-4
四个	2	12
回	-10	5
回文	-10	10
回答	10	-6
因为	-8	-21
因此	-2	-10
国家	5	-14
国际	6	-13
图片	-9	18
在	2	-8
在一	-12	4
在什	9	-9
在哪	33	-4
在大	6	-10
在美	16	-11
在这	-14	-4
地	-1	-2
地区	6	-19
地方	3	-13
场景	-10	-6
均每	-12	15
块的	17	-6
城市	1	-15
基本	21	-12
基础	11	-8
处	-3	2
复杂	-14	10
外	9	-10
多少	22	19
多少$	11	4
多的	-7	7
多长	23	-10
大学	2	-9
大的	2	-5
天	8	-15
天$	-14	16
天气	-18	-27
天的	-21	-26
失败	-5	10
奇数	-8	9
好	-26	-14
好的	-23	-8
如何	19	18
如果	-3	14
如果$	-7	15
子	-1	-9
子中	-8	-23
子里	-12	13
字	-6	-12
字符	-1	12
学	-4	-10
学名	5	-16
学家	7	-16
它在	-2	-12
它的	-8	15
安	-1	-16
安全	10	-16
完成	-2	10
定一	-16	8
定义	13	4
定理	-18	10
实现	-25	37
实现$	-9	8
家	-4	-15
家公	10	-11
家是	10	-16
家的	15	-8
家餐	-20	-12
容	12	-4
容器	-10	12
对	-14	-4
对话	-13	-23
导致	6	-15
将$	-16	-7
将以	-31	-24
将其	-2	-3
将这	-12	-14
小	9	-9
小学	-12	-5
小时	-3	10
小明	-7	19
小的	-16	3
小说	1	-19
小说$	2	-11
少	7	5
少米	0	7
少米$	0	7
就是	4	-7
尼亚	9	-14
局	-9	20
属于	-9	-17
岁	-18	2
岁$	-8	14
岁的	-3	-15
工业	-1	-3
工作	-2	-16
差	-16	0
己的	4	-13
已知	1	10
已知$	-9	11
巴黎	11	-10
希望	-17	-14
帝国	11	-12
帮助	-16	-8
帮我	-20	-15
常见	16	-6
平	11	-7
平台	7	-11
平均	-6	24
平方	-4	11
年	4	-11
年$	3	-18
年代	-12	-15
年发	16	-12
年级	-10	16
年龄	-17	-2
并在	13	-7
序	3	6
序算	-9	13
应该	-27	5
度为	0	10
度的	-3	15
建一	-2	4
建立	10	-11
建议	-16	-6
建设	11	-6
建造	7	-11
开	-9	9
开发	-1	11
开始	10	-15
开心	-18	-15
开放	9	-12
式	5	15
式是	-6	9
当前	-17	7
当时	5	-9
录的	10	-10
形成	7	-10
形的	-4	7
影	-6	-17
影响	9	-5
影响$	9	-2
很多	-2	-18
很好	-12	-15
律	6	-19
得	13	-2
得到	10	4
德国	16	-15
心	-11	-20
快速	0	9
态	-16	-12
怎么	-12	7
怎样	1	15
思	5	-4
性	7	-14
性的	12	-19
息	5	-11
您的	-10	-8
情感	-15	-22
意思	5	-5
意思$	5	-4
感	-14	-13
感到	-18	-22
感觉	-19	-20
成一	-19	-4
成中	-3	-6
成为	10	-4
成功	-3	-19
成的	15	-4
成立	1	12
成立$	-7	12
成英	-11	-7
我一	-25	-12
我今	-20	-10
我们	-25	-2
我会	-11	-4
我写	-22	-23
我喜	-12	-21
我将	-13	-6
我希	-13	-12
我想	-10	-8
我提	9	-10
我的	-22	-13
我看	-15	10
我聊	-24	-26
我需	1	-10
所以	-8	-2
所有	-5	12
才能	-6	6
找出	-12	-10
技术	19	-5
技术$	11	-3
把	-8	-7
把$	-18	-3
把下	-21	-12
把这	-20	-2
报道	6	-17
拉丁	13	-11
拥有	1	-13
指导	1	-14
按照	-6	-4
据	11	-9
据以	-19	9
排列	-5	12
排序	-13	3
排查	-18	19
接受	-12	4
接近	-1	-9
控制	12	-13
推导	-17	32
推理	-20	25
描述	-18	-24
提供	6	-8
提出	14	-19
提醒	-40	-31
播放	-19	-28
播放$	-15	-23
支持	25	0
改为	4	-13
改写	-27	-10
改成	-17	-16
放	-13	-4
放在	-9	8
政府	6	-14
故事	-6	-19
故事$	-12	-22
效果	6	10
教育	-1	-3
数	3	8
数列	-9	15
数字	9	4
数据	2	3
数是	-3	8
数有	-15	10
数的	-6	11
数相	-10	12
数组	-3	11
数量	-10	12
整数	0	7
整数$	-9	5
整除	-14	1
文	-7	-20
文化	7	-17
文字	-13	-4
文本	-13	-10
文档	16	-8
文章	-5	-7
文章$	6	-9
料	23	0
料的	12	-2
新的	-12	-6
新闻	-25	-27
方	-2	-10
方形	-9	7
方案$	-9	14
方法	2	21
方法$	-1	7
方程	-14	18
方程$	-8	12
旅游	-14	-10
日$	8	-9
日本	8	-13
早上	-14	-12
时	-7	11
时期	0	-12
时期$	10	-9
时的	1	6
时间	-5	-1
明	2	14
明了	12	-15
明天	-20	-11
星	-10	-25
星是	16	-11
星期	-14	14
春天	-26	-23
是	-6	8
是一	-8	-22
是不	-12	-7
是中	2	-13
是什	27	-1
是否	2	10
是哪	39	-17
是在	10	-13
是多	12	2
是如	18	-11
是怎	20	-8
是由	12	-16
是真	-13	1
是第	7	-3
是美	-3	-15
是自	22	-14
是谁	25	6
是谁$	14	5
景	0	-13
智能	13	-11
曲	2	-21
更加	-6	-5
更多	-17	0
最后	8	1
最喜	-12	-16
最多	-8	4
最小	-9	9
最早	25	-14
最近	-25	-8
最高	9	-14
月	1	-12
月$	1	-10
有	0	12
有一	-2	7
有三	-1	12
有两	-1	5
有人	-6	11
有什	-11	-8
有关	4	-14
有几	25	-12
有哪	23	3
有多	21	1
有时	-6	-18
有的	-13	-3
朋友	-15	-23
服务	-9	15
期	11	-11
期的	6	-9
未来	-34	-18
本的	-3	-12
术	12	-3
杂度	-9	17
材料	14	-2
条件	14	-3
来	-14	-7
果	-2	8
果所	-8	17
果是	-10	12
查	-12	14
树	1	15
样	-11	-16
根	-11	14
根据	-1	12
案	-11	3
检查	-17	-4
森林	7	-9
模式	8	-4
次	1	-6
次方	-13	14
欢吃	-15	5
欧洲	6	-18
歌	-10	-18
歌曲	-4	-17
正	-18	-19
正在	-19	-7
正式	-6	-18
正方	-12	12
正确	-7	10
步	-4	10
段代	-6	12
段文	-18	-21
段落	-21	-11
段话	-23	-19
每	-12	11
每天	-8	4
每年	9	-5
每次	-4	7
比	-20	19
比较	-12	25
比较$	-5	13
毕业	11	-10
水	-5	8
求解	-11	18
没有	11	-3
治疗	9	-14
法	-1	3
法语	-18	-22
洞	-13	12
活动	0	-4
测试	-10	12
润色	-22	-16
添加	-4	-14
游戏	8	-3
源于	12	-17
点	-6	-10
点是	10	-7
然后	11	-7
照这	-9	12
爬虫	-9	13
版本	-6	-10
牌	10	-12
物	-14	-4
物理	13	-11
物的	13	-7
特别	1	-14
特点	-2	-15
特点$	7	-9
独立	3	-3
率	-20	20
环	-12	9
现	-2	8
现一	-8	17
现了	7	-8
现代	-7	-11
现在	-16	-7
现的	-5	3
现自	-10	10
球	-3	4
理学	6	-13
理的	-3	13
理论	10	-14
生	8	-7
生命	10	-10
生成	-5	-10
生活	-4	-20
生物	13	-2
用	11	16
用$	-12	16
用一	-21	-3
用于	16	-5
用什	13	-7
用户	6	3
用是	8	-5
用的	11	-2
由	-6	13
由于	8	-9
由哪	21	-15
甲	-1	10
电子	8	-8
电影	-8	-24
电影$	-4	-12
的	2	-10
的$	-8	5
的一	-6	-13
的不	-8	15
的专	5	-16
的个	-7	3
的中	8	-9
的事	5	-8
的五	-2	-20
的产	-6	-17
的人	-3	-3
的人$	-13	-9
的优	-8	15
的位	-5	-15
的体	-9	17
的作	12	-17
的信	-13	-10
的值$	-5	8
的几	-11	12
的前	2	18
的动	-2	14
的区	11	-2
的发	12	-17
的变	14	-4
的和	-9	10
的哪	23	-17
的四	-11	11
的国	3	-15
的地	0	-11
的场	-23	-22
的天	-2	-13
的字	5	0
的学	3	13
的定	9	-14
的对	4	-18
的属	13	-10
的工	-4	1
的平	-9	11
的年	-7	5
的建	-4	-15
的开	3	-11
的形	8	-8
的影	4	-11
的总	6	-7
的情	-14	-14
的推	-10	15
的故	-1	-20
的效	-19	17
的教	6	-16
的数	-11	2
的文	-7	-11
的新	10	-6
的方	4	-4
的是	-16	15
的是$	-15	5
的最	0	-9
的服	-1	-10
的材	9	-9
的歌	-6	-20
的比	-14	2
的版	-15	-3
的特	9	-6
的生	8	-6
的电	-13	-19
的短	-3	-14
的程	-9	13
的第	8	-12
的编	-5	11
的表	0	-4
的证	-13	18
的话	-18	-22
的语	-8	-10
的质	-9	8
的距	-5	11
的车	9	-13
的过	15	-10
的速	-4	9
的重	0	-4
的首	7	-6
目	11	-5
目前	5	-9
目标	3	-2
目的	0	-15
相关	12	-6
相同$	-10	11
看	-26	-13
看看	-20	12
真是	-27	-19
知识	15	-9
知道	-16	-13
码	4	12
码中	-13	17
码的	-8	17
确	-7	5
确的	-3	10
社会	13	-1
种	16	-9
种方	-6	11
科	21	-13
科学	6	-5
秒	-7	19
积	-9	12
积分	2	12
积极	-18	-15
称	4	-12
称为	9	-7
称为$	9	-10
移动	-9	12
程	6	13
程序	-3	22
程的	-14	14
立的	18	-16
站	8	-7
符串	-6	12
第一	7	-10
第二	21	5
第几	15	-13
等	2	-2
答问	12	1
策	15	-20
简单	-5	-3
算	-5	9
算一	-10	14
算法	-15	10
篇	-4	-17
篇小	8	-11
篇文	3	-10
米的	-12	14
类	-10	-14
系	3	-12
系列	9	-14
系统	7	-4
红色	-1	-3
约	0	-14
级	11	3
线	5	-14
线是	14	-8
线的	9	-7
组	-3	17
组成	4	-4
组的	-9	9
组织	7	-6
绍一	16	-11
经历	-1	-20
经济	3	-8
经过	9	1
结合	8	-10
结果	4	1
结论	-12	12
给	-18	-6
给定	-17	11
给我	-16	-16
编写	-14	18
编码	10	-12
编程	-10	18
网页	1	16
罗马	11	-15
置	0	-11
美元	-9	2
美国	9	-15
美的	-21	-5
翻译	-23	-21
老师	-12	0
者	8	-10
者的	3	-13
聊天	-29	-19
股定	-8	18
脚本	-4	13
自己	-10	-13
自然	-14	-11
至	7	-11
至少	-6	6
色	-1	-7
艺术	-5	-13
节	-14	-12
花	-16	7
英国	-1	-16
英文	-4	-10
英文$	-9	-7
英语	-12	-4
苹果	-12	12
范围	10	-7
获取	-9	20
获得	2	-25
获得$	15	-12
著名	10	-9
虫	0	10
行	-5	6
行为	9	-9
行的	4	-4
衣服	-8	6
表中	-15	-11
表的	10	-12
表示	5	-13
表达	-21	-2
被	-3	7
装	-10	16
西	-5	-2
要多	-6	17
要的	8	-10
见的	15	-5
规则	8	-11
规定	20	-2
觉	-20	-11
觉得	-33	-14
角形	-13	10
角色	6	-14
解	-16	-1
解决	-15	14
解释	18	-16
解释$	10	-12
计算	-16	17
认为	0	9
让人	-17	-16
让你	-24	-12
让我	-22	-11
记	4	-12
设	-4	9
设置	-13	-32
设计	6	0
证	-15	10
证明	-20	29
评分	-19	-21
评论	-10	-19
词	-4	-19
译成	-20	-12
诗	-13	-24
话	-7	-16
话中	3	-15
话的	-11	-10
话翻	-7	-5
详细	14	-3
语	-7	-22
语言	-2	11
误	-18	1
说	3	-5
说在	13	-7
说明$	12	-10
说法	-17	4
说的	-22	-5
说说	20	-12
请写	-20	-10
请将	-17	-16
请把	-11	-12
请推	-10	19
请描	10	-10
请根	-18	6
请解	18	1
请说	16	-11
请问	0	17
请问$	4	12
谁	15	4
谁发	22	-11
谢你	-20	-18
谢谢	-17	-23
象的	15	-12
败	-7	10
资料	23	-9
资料$	23	0
走	-1	9
起	13	-8
起来	-22	-10
起源	19	-11
超过	7	-11
身体	5	-10
车	-13	4
转换	-6	8
较	-5	13
输出	-9	7
达	8	-11
达到	17	-10
过	-10	-15
运动	1	-7
运行	-6	12
近	9	-11
返回	-3	7
还剩	-23	6
还是	-29	12
这个	-20	4
这么	-20	-9
这些	-13	-5
这句	-19	-21
这条	-18	5
这样	-17	2
这款	17	-16
这段	-17	-11
这种	-19	-1
这篇	3	-15
这部	-16	-14
这首	-3	-18
进入	3	-8
连续	2	19
述一	-29	-27
适合	-22	10
适用	11	-15
选择	-7	8
通常	11	-10
通过	15	-8
速度	-7	14
速排	-13	9
遇到	-11	2
道	-3	-17
避免	-10	-17
那么	-19	22
那么$	-4	7
部	8	-12
部分	9	-5
部电	2	-19
释	10	-12
释一	13	-8
里	7	13
里的	6	1
重	-3	-9
重复	-16	2
重新	11	-16
重要	11	-3
量子	11	-12
钟	-26	-19
钱	-14	-5
错	-24	-9
错误	-6	2
长方	-8	6
问	2	11
问题	7	-2
问题$	7	-4
间	1	-5
间复	-9	17
间的	4	-9
阅读	7	-1
需要	6	1
需要$	-6	15
非常	-29	-29
面	-15	2
面的	1	6
面积$	-7	10
面这	-17	-19
音乐	-1	-22
音乐$	-15	-13
项目	10	-7
预订	-30	-30
题	-2	-8
颜色	6	-2
风险	8	6
食物	2	-16
餐厅	-9	-21
首次	16	-6
首歌	-6	-21
首都	7	-10
香港	9	-12
高兴	-20	-15
高效	-4	13
鱼	0	9
默认	13	-9
]==]
