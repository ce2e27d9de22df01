using Ingest.Messaging;

namespace Ingest.SimulationTests.Broker;

/// <summary>Nothing is acknowledged before what was made of it is safe (assertion 6).</summary>
internal static class AckWatch
{
    public static void Check<T>(World world, T batch) where T : class, IBatch<T>
    {
        switch (batch)
        {
            case LineBatch when !world.Broker.Queue<RowBatch>(batch.Pipeline).HasStored(batch.Id):
                world.Violations.Add(6, $"lines {batch.Id} acknowledged before their rows were stored");
                break;
            case RowBatch when !world.Database.HasCommitted(batch.Pipeline, batch.Id):
                world.Violations.Add(6, $"rows {batch.Id} acknowledged before they were committed");
                break;
        }
    }
}
