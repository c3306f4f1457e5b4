using Xunit;

// They wait for processes most of the time, and few of them fill the machine.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
