"""Words that say what a field holds, and words that look like names but are none.  Pure data."""

OPENING_WORDS = """
a an the i you we they he she it this that these those what which who whom whose where when why how is are was do does
did can could should would will please use using create extract tell give get call find make return write say add show
list search look compute calculate and or but if then hello hi hey thanks yes no my your our their his her its there
here let answer question user name result json follow given following set book respond generate provide describe
explain translate summarize classify convert multiply divide subtract send
"""
NAME_WORDS = """
name person people user customer author owner character who speaker student employee participant attendee member guest
"""
PLACE_WORDS = "location city citie place country countrie town destination origin where address region state"
TOPIC_WORDS = "topic subject theme about"
WHEN_WORDS = "date day when time deadline due start end"
QUESTION_WORDS = "query question input text prompt message request task instruction search"
NUMBER_WORDS = """
age year count number amount price total quantity score rating cost size length width height weight temperature
population percentage percent value duration
"""
