namespace Ingest.Cli.Load;

/// <summary>One input of a load.</summary>
internal abstract class LoadInput
{
    /// <summary>As the user wrote it.</summary>
    public abstract string Name { get; }

    /// <summary>What the ledger knows it by when it comes again; null when it comes once, unless the user names it.</summary>
    public virtual string? Identity => null;

    /// <summary>How much of it has been read, from 0 to 1; null where that is not known.</summary>
    public virtual double? Share => null;

    /// <summary>Its bytes as they are; null where that is not known.</summary>
    public virtual long? Size => null;

    /// <summary>What it is called in the ledger when it comes once.</summary>
    public virtual string LiveName => Name;

    /// <summary>The bytes as they are.</summary>
    /// <exception cref="ServiceDefaults.StartupException">It cannot be opened.</exception>
    public abstract Stream Open();
}
