using System.Globalization;
using Ingest.Compression;
using Ingest.Pipelines.Definition;

namespace Ingest.Cli.Load;

/// <summary>How many inputs are loaded at a time, and what each may take for it.</summary>
/// <param name="Count">Inputs at a time.</param>
/// <param name="Decompression">What each may take to be decompressed. It is its own: no input waits for memory that another holds.</param>
/// <param name="Note">What the user should know of the number, or null.</param>
internal sealed record LoadPlaces(int Count, DecompressionLimits Decompression, string? Note = null)
{
    /// <param name="inputs">How many there are.</param>
    /// <param name="wanted">How many the user wants at a time.</param>
    /// <param name="pipeline">Where a later row replaces an earlier one, the order of the inputs is kept: they go one after another.</param>
    /// <param name="decompression">What all together may take; there are no more places than largest windows in it.</param>
    public static LoadPlaces Plan(int inputs, int wanted, PipelineDefinition pipeline, DecompressionLimits decompression)
    {
        var windows = Math.Max(1, decompression.Bytes / decompression.MaxWindowBytes);
        var useful = pipeline.OnDuplicate == OnDuplicate.Update ? 1 : Math.Min(inputs, wanted);
        var count = (int)Math.Min(useful, windows);
        var note = count == useful ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"{count} of {useful} inputs at a time, since each may take {decompression.MaxWindowBytes} bytes to decompress (Gateway__MaxDecompressionWindowBytes); for all of them set Gateway__DecompressionBytes={useful * decompression.MaxWindowBytes}");
        return new LoadPlaces(count, decompression with { Bytes = decompression.Bytes / count }, note);
    }

    /// <summary>Loads the inputs in their order, so many at a time; what goes wrong with one does not keep the others from being loaded.</summary>
    /// <param name="inputs">What is loaded.</param>
    /// <param name="load">Loads one, and says what went wrong.</param>
    /// <param name="failed">Hears of that, in the order of the inputs.</param>
    /// <param name="stopping">Ends the inputs under way in order, and begins no other.</param>
    /// <param name="aborting">Gives them up.</param>
    /// <exception cref="OperationCanceledException">They were given up.</exception>
    public async Task ForEachAsync<T>(
        IReadOnlyList<T> inputs, Func<T, CancellationToken, CancellationToken, Task<string?>> load, Action<string> failed,
        CancellationToken stopping, CancellationToken aborting)
    {
        var errors = new string?[inputs.Count];
        try
        {
            // The token of the loop is that of its first fault, which is none of the user's: nothing is worth going on then.
            await Parallel.ForAsync(0, inputs.Count, new ParallelOptions { MaxDegreeOfParallelism = Count }, async (index, fault) =>
            {
                if (stopping.IsCancellationRequested)
                    return;
                using var either = CancellationTokenSource.CreateLinkedTokenSource(aborting, fault);
                try
                {
                    errors[index] = await load(inputs[index], stopping, either.Token);
                }
                catch (OperationCanceledException) when (!either.IsCancellationRequested)
                {
                    // Stopped before the first byte of it came.
                }
            });
        }
        finally
        {
            foreach (var error in errors.OfType<string>())
                failed(error);
        }
    }
}
