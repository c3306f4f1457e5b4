namespace Stress.Emulator.Stacks.Linux.Faults;

/// <summary>
/// refcount_t of a kernel object, with the fault's missing references: it warns as lib/refcount.c does, once. After its warning it is silent: only the first report is predicted.
/// </summary>
/// <param name="oracle">Hears of the warning.</param>
/// <param name="what">The object, in words.</param>
/// <param name="file">The source file of the functions that count.</param>
internal sealed class ReferenceCount(StackOracle oracle, string what, string file)
{
    private int _count = 1;

    /// <summary>It has warned.</summary>
    public bool HasWarned { get; private set; }

    /// <summary>refcount_inc.</summary>
    public void Hold(string function)
    {
        if (_count == 0)
        {
            Warn(function, "addition on 0; use-after-free");
        }

        _count++;
    }

    /// <summary>refcount_inc_not_zero.</summary>
    public bool HoldUnlessEnded()
    {
        _count += _count > 0 ? 1 : 0;
        return _count > 0;
    }

    /// <summary>refcount_dec_and_test.</summary>
    /// <returns>It was the last.</returns>
    public bool Put(string function)
    {
        if (_count == 0)
        {
            Warn(function, "underflow; use-after-free");
            return false;
        }

        return --_count == 0;
    }

    /// <summary>refcount_dec: its caller is sure not to be the last.</summary>
    public void PutNotLast(string function)
    {
        if (_count <= 1)
        {
            Warn(function, "decrement hit 0; leaking memory");
        }

        _count -= _count > 0 ? 1 : 0;
    }

    /// <summary>WARN_ON in the function that ends the object.</summary>
    public void Warn(string function, string words)
    {
        if (!HasWarned)
        {
            HasWarned = true;
            oracle.Use(BadAccessKind.Refcount, function, file, $"{what}: {words}", what);
        }
    }
}
