using Xunit;

// They mostly wait for processes, and a few of them fill the machine.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
